/** The configuration's proxies in what `docker create` sends. */
import { expect, test } from 'vitest';
import type { ContainerConfig } from '#engine/api/types/container.ts';
import { runDocker } from '../testing.ts';
import { ScriptedDaemon } from './scripted-daemon.ts';

async function environmentSent(proxies: object, args: string[]): Promise<unknown> {
  let env: unknown;
  const daemon = new ScriptedDaemon({
    'POST /containers/create': async ({ body }) => {
      let text = '';
      for await (const chunk of body) text += new TextDecoder().decode(chunk);
      env = (JSON.parse(text) as ContainerConfig).Env;
      return { status: 201, json: { Id: 'c0ffee', Warnings: [] } };
    },
  });
  const files = { '/root/.docker/config.json': JSON.stringify({ proxies }) };
  await runDocker(['create', ...args, 'busybox'], { handler: daemon.handler, files });
  return env;
}

test.each([
  [{}, [], null],
  [{ default: { httpProxy: 'p', noProxy: '' } }, [], ['HTTP_PROXY=p', 'http_proxy=p']],
  [{ default: { allProxy: 'p' } }, ['-e', 'ALL_PROXY=mine', '-e', 'A=1'], ['ALL_PROXY=mine', 'A=1', 'all_proxy=p']],
  [{ 'unix:///var/run/docker.sock': { ftpProxy: 'f' }, default: { allProxy: 'p' } }, [], ['FTP_PROXY=f', 'ftp_proxy=f']],
])('%j with %j', async (proxies, args, env) => {
  expect(await environmentSent(proxies, args)).toEqual(env);
});
