/** What `docker compose build` asks of the builder, by its flags. */
import { expect, it } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker, type CliResult } from '../testing.ts';

const files = {
  '/lab/compose.yaml': `name: demo
services:
  app: {build: {context: ., args: {V: "1"}}, depends_on: [base]}
  base: {build: .}
  db: {image: postgres}
`,
  '/lab/Dockerfile': 'FROM busybox\n',
};

const time = '2026-01-01T00:00:00Z';
const step = { digest: 'sha256:1', name: '[1/1] FROM busybox', started: time, completed: time };

/** @returns what was built, each with what differs from build to build: `demo-app pull=1` */
async function build(line: string): Promise<CliResult & { built: string[] }> {
  const built: string[] = [];
  const daemon = new ScriptedDaemon({
    'POST /build': async ({ query, body }) => {
      for await (const _ of body);
      const flags = ['buildargs', 'nocache', 'pull'].filter((name) => query.has(name)).map((name) => `${name}=${query.get(name)!.join()}`);
      built.push([...query.get('t')!, ...flags].join(' '));
      const messages = [
        { id: 'drydock.build.status', aux: { vertexes: [step] } },
        { id: 'moby.image.id', aux: { ID: 'sha256:abc' } },
      ];
      return { body: { kind: 'bytes', bytes: new TextEncoder().encode(messages.map((one) => `${JSON.stringify(one)}\n`).join('')) } };
    },
  });
  return { ...(await runDocker(line.split(' '), { cwd: '/lab', handler: daemon.handler, files })), built };
}

it.each([
  ['compose build', ['demo-base', 'demo-app buildargs={"V":"1"}']],
  ['compose build app', ['demo-app buildargs={"V":"1"}']],
  ['compose build --with-dependencies app', ['demo-base', 'demo-app buildargs={"V":"1"}']],
  ['compose build --build-arg V=2 --build-arg W=3 app', ['demo-app buildargs={"V":"2","W":"3"}']],
  ['compose build --no-cache base', ['demo-base nocache=1']],
  ['compose build --pull base', ['demo-base pull=1']],
])('docker %s', async (line, built) => {
  const result = await build(line);
  expect(result).toMatchObject({ status: 0, built });
  expect(result.stdout).toContain('#1 [1/1] FROM busybox\n');
});

it('is quiet when told to', async () => {
  expect(await build('compose build --quiet base')).toMatchObject({ status: 0, built: ['demo-base'], stdout: '', stderr: '' });
});
