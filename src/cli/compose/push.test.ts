import { expect, it } from 'vitest';
import { jsonLines, ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker, type CliResult } from '../testing.ts';

const yaml = `name: demo
services:
  app: {build: {context: ., tags: ["registry:5000/app:old"]}, image: "registry:5000/app:1", depends_on: [base]}
  base: {build: ., image: registry:5000/base}
  web: {image: busybox}
  local: {build: .}
`;
const pushed = jsonLines(
  { status: 'The push refers to repository [registry:5000/app]' },
  { status: 'Pushing', id: 'aaa', progressDetail: { current: 10, total: 20 } },
  { status: 'Pushed', id: 'aaa' },
);
const denied = jsonLines({ errorDetail: { message: 'denied: no' }, error: 'denied: no' });

async function run(line: string, base = pushed): Promise<CliResult & { pushes: string[] }> {
  const daemon = new ScriptedDaemon({
    'POST /images/registry:5000/app/push': pushed,
    'POST /images/registry:5000/base/push': base,
    'GET /distribution/registry:5000/base:latest/json': { json: {} },
  });
  const options = { cwd: '/lab', handler: daemon.handler, files: { '/lab/compose.yaml': yaml } };
  const result = await runDocker(line.replace('compose', 'compose --progress plain').split(' '), options);
  return {
    ...result,
    pushes: daemon.asked.flatMap((asked) => /registry:5000\/(\w+)\/push\?(.*)/.exec(asked)?.slice(1).join(' ') ?? []).sort(),
  };
}

it.each([
  ['compose push', ['app tag=1', 'app tag=old', 'base tag=latest']],
  ['compose push app', ['app tag=1', 'app tag=old']],
  ['compose push --include-deps app', ['app tag=1', 'app tag=old', 'base tag=latest']],
  ['compose push web', []],
  ['compose push --dry-run base', []],
])('docker %s', async (line, pushes) => {
  expect(await run(line)).toMatchObject({ status: 0, pushes });
});

it('tells of each layer, and of what it leaves out', async () => {
  const { stderr } = await run('compose push');
  expect(stderr).toContain(' web Skipped \n');
  expect(stderr).toContain(' local Skipped \n');
  expect(stderr).toMatch(/^ Pushing registry:5000\/base: aaa Pushing \[=+> +\] +10B\/20B$/m);
  expect(stderr).toContain(' Pushing registry:5000/base: aaa Pushed \n');
  expect((await run('compose push --quiet')).stderr).toBe('');
  expect((await run('compose push --dry-run base')).stderr).toMatch(
    /^ DRY-RUN MODE - {2}Pushing registry:5000\/base: registry:5000\/base:latest Pushed .*100\/100 Mb\n$/,
  );
});

it('ends with what a registry refuses, unless that is not to matter', async () => {
  expect(await run('compose push', denied)).toMatchObject({ status: 1, stderr: expect.stringMatching(/denied: no\n$/) });
  const { status, stderr } = await run('compose push --ignore-push-failures', denied);
  expect(status).toBe(0);
  expect(stderr).toContain('Pushing base: denied: no\n');
});
