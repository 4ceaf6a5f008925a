/** Which daemon a command talks to, and in which version. */
import { describe, expect, test } from 'vitest';
import type { ApiHandler } from '#engine/api/http.ts';
import { EngineError } from '#engine/errors.ts';
import { runCli } from './cli.ts';
import { FakeEnvironment, runDocker } from './testing.ts';

function daemon(): { handler: ApiHandler; paths: string[] } {
  const paths: string[] = [];
  const handler: ApiHandler = async ({ path }) => {
    paths.push(path);
    return { status: 200, headers: { 'Api-Version': '1.50' }, body: { kind: 'bytes', bytes: new TextEncoder().encode('[]') } };
  };
  return { handler, paths };
}

describe('DOCKER_API_VERSION', () => {
  test.each([
    ['1.40', '/v1.40/containers/json'],
    ['v1.40', '/v1.40/containers/json'],
    ['9.9', '/v9.9/containers/json'],
  ])('%s is not negotiated', async (version, path) => {
    const { handler, paths } = daemon();
    await runDocker(['ps', '-q'], { handler, env: { DOCKER_API_VERSION: version } });
    expect(paths).toEqual([path]);
  });

  test('shows in docker version', async () => {
    const { stdout } = await runDocker(['version'], { env: { DOCKER_API_VERSION: '1.40' } });
    expect(stdout).toContain(' API version:       1.40 (downgraded from 1.50)\n');
  });
});

describe('a context that is not there', () => {
  const files = { '/root/.docker/config.json': '{"currentContext":"far"}' };
  const refused =
    'Failed to initialize: unable to resolve docker endpoint: context "far": context not found: open /root/.docker/contexts/meta/512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868/meta.json: no such file or directory\n';

  test.each([[['ps']], [['version']], [['info']]])('docker %s', async (args) => {
    expect(await runDocker(args, { ...daemon(), files })).toMatchObject({ status: 1, stdout: '', stderr: refused });
  });

  test('does not count beside another choice', async () => {
    const choices: Record<string, string>[] = [{ DOCKER_HOST: 'unix:///x' }, { DOCKER_CONTEXT: 'default' }];
    for (const env of choices) {
      expect(await runDocker(['ps', '-q'], { ...daemon(), files, env })).toMatchObject({ status: 0, stderr: '' });
    }
  });

  test('is no matter to help', async () => {
    expect(await runDocker(['--context', 'far', 'ps', '--help'])).toMatchObject({ status: 0, stderr: '' });
  });
});

test('a closed standard error leaves the status', async () => {
  const environment = new FakeEnvironment({ args: ['nosuch'] });
  environment.stderr.write = () => Promise.reject(new EngineError('cancelled', 'broken pipe'));
  expect(await runCli(environment)).toBe(1);
});
