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
  named:
    image: registry:5000/named
    build: {context: ., secrets: [{source: key, target: id, mode: 0400}, token], tags: ["registry:5000/other"]}
    profiles: [named]
secrets: {key: {file: "./a,b"}, token: {environment: TOKEN}, none: {external: true}}
`,
  '/lab/Dockerfile': 'FROM busybox\n',
  '/lab/a,b': 'k',
};

const time = '2026-01-01T00:00:00Z';
const step = { digest: 'sha256:1', name: '[1/1] FROM busybox', started: time, completed: time };

interface Built extends CliResult {
  /** What was built, each with what differs from build to build: `demo-app pull=1`. */
  built: string[];
  /** Requests that push. */
  pushed: string[];
  secrets: string[];
}

async function build(line: string, env: Record<string, string> = {}): Promise<Built> {
  const built: string[] = [];
  const secrets: string[] = [];
  const pushed = { body: { kind: 'bytes', bytes: new TextEncoder().encode('{"status":"done"}\n') } } as const;
  const daemon = new ScriptedDaemon({
    'POST /images/registry:5000/named/push': pushed,
    'POST /images/registry:5000/other/push': pushed,
    'POST /build': async ({ query, body, headers }) => {
      if (headers['x-drydock-build-secrets']) secrets.push(atob(headers['x-drydock-build-secrets']));
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
  const result = await runDocker(line.split(' '), { cwd: '/lab', handler: daemon.handler, files, env });
  return { ...result, built, secrets, pushed: daemon.asked.filter((request) => request.includes('/push')) };
}

it.each([
  ['compose build', ['demo-base', 'demo-app buildargs={"V":"1"}']],
  ['compose build app', ['demo-app buildargs={"V":"1"}']],
  ['compose build --with-dependencies app', ['demo-base', 'demo-app buildargs={"V":"1"}']],
  ['compose build --build-arg V=2 --build-arg W=3 app', ['demo-app buildargs={"V":"2","W":"3"}']],
  ['compose build --no-cache base', ['demo-base nocache=1']],
  ['compose build --pull base', ['demo-base pull=1']],
  ['compose build --builder default base', ['demo-base']],
])('docker %s', async (line, built) => {
  const result = await build(line);
  expect(result).toMatchObject({ status: 0, built });
  expect(result.stdout).toContain('#1 [1/1] FROM busybox\n');
});

it('is quiet when told to', async () => {
  expect(await build('compose build --quiet base')).toMatchObject({ status: 0, built: ['demo-base'], stdout: '', stderr: '' });
});

it('pushes what has a name of its own', async () => {
  const names = ['registry:5000/named', 'registry:5000/other'];
  expect((await build('compose build named')).pushed).toEqual([]);
  expect((await build('compose build --push base')).pushed).toEqual([]);
  expect((await build('compose build --push named')).pushed).toEqual(names.map((name) => `POST /images/${name}/push?tag=latest`));
});

it('hands on secrets, from files and from the environment', async () => {
  const { secrets, stderr } = await build('compose build named', { TOKEN: 't' });
  expect(secrets.map((text) => JSON.parse(text) as unknown)).toEqual([{ id: btoa('k'), token: btoa('t') }]);
  expect(stderr).toContain('secrets `uid`, `gid` and `mode` are not supported by BuildKit, they will be ignored');
});
