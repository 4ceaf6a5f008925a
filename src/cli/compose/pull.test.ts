import { expect, it } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

const yaml = `name: demo
services:
  web: {image: "busybox:1", depends_on: [db]}
  db: {image: postgres}
  same: {image: "busybox:1"}
  app: {build: ., image: mine}
  built: {build: .}
  not: {image: secret, pull_policy: never}
`;

async function run(line: string, env: Record<string, string> = {}): Promise<{ status: number; stderr: string; pulled: string[] }> {
  const daemon = new ScriptedDaemon({
    'POST /images/create': (request) => {
      const name = request.query.get('fromImage')?.[0];
      if (name === 'mine' || name === 'lost') return { status: 404, json: { message: `pull access denied for ${name}` } };
      return { body: { kind: 'bytes', bytes: new TextEncoder().encode('{"status":"Pull complete","id":"l1","progressDetail":{}}\n') } };
    },
    'GET /images/busybox:1/json': { json: { Id: 'sha256:b0' } },
    'GET /images/postgres/json': { json: { Id: 'sha256:c0' } },
  });
  const files = { '/lab/compose.yaml': yaml, '/lab/lost.yaml': `${yaml}  gone: {image: lost}\n` };
  const words = line.replace('compose', 'compose --progress plain').split(' ');
  const { status, stderr } = await runDocker(words, { cwd: '/lab', handler: daemon.handler, files, env });
  const pulled = daemon.asked.flatMap((request) => /fromImage=(\w+)/.exec(request)?.[1] ?? []).sort();
  return { status, stderr, pulled };
}

it.each([
  ['compose pull web', ['busybox']],
  ['compose pull --include-deps web', ['busybox', 'postgres']],
  ['compose pull --policy missing web', []],
  ['compose pull --policy always web', ['busybox']],
  ['compose pull --ignore-buildable', ['busybox', 'postgres']],
  ['compose pull', ['busybox', 'mine', 'postgres']],
])('docker %s', async (line, pulled) => {
  expect(await run(line)).toMatchObject({ status: 0, pulled });
});

it('says what it does', async () => {
  const { stderr } = await run('compose pull');
  expect(stderr).toContain(' same Pulling \n');
  expect(stderr).toContain(' db Pulled \n');
  expect(stderr).toContain(' web Skipped - Image is already being pulled by same \n');
  expect(stderr).toContain(' built Skipped - No image to be pulled \n');
  expect(stderr).toContain('docker compose build app\n');
  expect((await run('compose pull --quiet web')).stderr).toBe('');
});

it('goes on without what cannot be pulled, when told to', async () => {
  const env = { COMPOSE_FILE: 'lost.yaml' };
  const failed = ' gone Error pull access denied for lost\n';
  expect(await run('compose pull gone db', env)).toMatchObject({ status: 18, stderr: expect.stringContaining(failed) });
  const ignored = await run('compose pull --ignore-pull-failures gone db', env);
  expect(ignored).toMatchObject({ status: 0, stderr: expect.stringContaining(failed), pulled: ['lost', 'postgres'] });
});

it('knows two policies', async () => {
  expect(await run('compose pull --policy odd')).toMatchObject({
    status: 1,
    stderr: `invalid --policy option "odd". must be 'missing' or 'always'\n`,
  });
});
