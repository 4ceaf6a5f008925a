import { expect, it } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

const yaml = `name: demo
services:
  web: {image: busybox, depends_on: [db]}
  db: {image: postgres}
  same: {image: busybox}
  app: {build: ., image: mine}
  built: {build: .}
  not: {image: secret, pull_policy: never}
`;

async function run(line: string): Promise<{ status: number; stderr: string; pulled: string[] }> {
  const daemon = new ScriptedDaemon({
    'POST /images/create': (request) => {
      const name = request.query.get('fromImage')?.[0];
      if (name === 'mine') return { status: 404, json: { message: 'pull access denied for mine' } };
      return { body: { kind: 'bytes', bytes: new TextEncoder().encode('{"status":"Pull complete","id":"l1","progressDetail":{}}\n') } };
    },
    'GET /images/busybox/json': { json: { Id: 'sha256:b0' } },
    'GET /images/postgres/json': { json: { Id: 'sha256:c0' } },
  });
  const files = { '/lab/compose.yaml': yaml };
  const { status, stderr } = await runDocker(['compose', '--progress', 'plain', 'pull', ...line.split(' ').filter(Boolean)], {
    cwd: '/lab',
    handler: daemon.handler,
    files,
  });
  const pulled = daemon.asked.flatMap((request) => /fromImage=(\w+)/.exec(request)?.[1] ?? []).sort();
  return { status, stderr, pulled };
}

it.each([
  ['web', ['busybox']],
  ['--include-deps web', ['busybox', 'postgres']],
  ['--policy missing web', []],
  ['--policy always web', ['busybox']],
  ['--ignore-buildable', ['busybox', 'postgres']],
  ['', ['busybox', 'mine', 'postgres']],
])('docker compose pull %s', async (line, pulled) => {
  expect(await run(line)).toMatchObject({ status: 0, pulled });
});

it('says what it does', async () => {
  const { stderr } = await run('');
  expect(stderr).toContain(' same Pulling \n');
  expect(stderr).toContain(' db Pulled \n');
  expect(stderr).toContain(' web Skipped - Image is already being pulled by same \n');
  expect(stderr).toContain(' built Skipped - No image to be pulled \n');
  expect(stderr).toContain('docker compose build app\n');
  expect((await run('--quiet web')).stderr).toBe('');
});

it('knows two policies', async () => {
  expect(await run('--policy odd')).toMatchObject({ status: 1, stderr: `invalid --policy option "odd". must be 'missing' or 'always'\n` });
});
