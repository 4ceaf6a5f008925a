import { expect, it } from 'vitest';
import { jsonLines, ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker, type CliResult } from '../testing.ts';

const pushed = jsonLines(
  { status: 'The push refers to repository [registry:5000/app]' },
  { status: 'Pushing', id: 'aaa', progressDetail: { current: 10, total: 20 } },
  { status: 'Layer already exists', id: 'bbb' },
  { status: 'Pushed', id: 'aaa' },
  { status: 'latest: digest: sha256:1 size: 1' },
);

async function build(flags: string, answer = pushed): Promise<CliResult & { pushes: string[] }> {
  const daemon = new ScriptedDaemon({
    'POST /build': jsonLines({ id: 'moby.image.id', aux: { ID: 'sha256:abc' } }),
    'POST /images/registry:5000/app/push': answer,
    'POST /images/docker.io/library/app/push': answer,
  });
  const args = ['build', '--progress', 'plain', ...flags.split(' '), '.'];
  const result = await runDocker(args, { handler: daemon.handler, files: { Dockerfile: 'FROM busybox\n' } });
  return { ...result, pushes: daemon.asked.filter((line) => line.includes('/push')) };
}

it('pushes under each name, as steps of their own', async () => {
  const { status, stderr, pushes } = await build('--push -t registry:5000/app:1 -t app');
  expect(pushes).toEqual(['POST /images/registry:5000/app/push?tag=1', 'POST /images/docker.io/library/app/push?tag=latest']);
  expect(stderr).toMatch(/^#1 pushing registry:5000\/app:1 with docker\n#1 pushing layer aaa .*20B \/ 20B.* done\n#1 DONE 0\.0s$/m);
  expect(stderr).toMatch(/^#2 pushing docker\.io\/library\/app:latest with docker$/m);
  expect(stderr).not.toContain('bbb');
  expect(status).toBe(0);
});

it.each([
  ['-t app', 0],
  ['-t app --push=false', 0],
  ['-t app --output type=image,push=true', 1],
  ['-t app --push --check', 0],
])('docker build %s pushes %i names', async (flags, count) => {
  expect((await build(flags)).pushes).toHaveLength(count);
});

it('fails with what the registry says', async () => {
  const { status, stderr } = await build('--push -t app', jsonLines({ errorDetail: { message: 'denied: no' }, error: 'denied: no' }));
  expect(stderr).toMatch(/#1 ERROR: denied: no\n/);
  expect(stderr).toMatch(/ERROR: failed to build: denied: no\n$/);
  expect(status).toBe(1);
});
