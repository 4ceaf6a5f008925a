/** `docker compose run`: what is made for one run, and how it ends. */
import { describe, expect, it } from 'vitest';
import { ScriptedContainer, ScriptedDaemon, type Answers } from '../container/scripted-daemon.ts';
import { runDocker, type CliResult } from '../testing.ts';

const yaml = `name: demo
services:
  db: {image: busybox}
  tool:
    image: busybox
    profiles: [tools]
    command: echo tool
    entrypoint: [sh, -c]
    environment: {A: "0", B: b}
    ports: ["8080:80"]
    restart: always
    cap_add: [NET_ADMIN]
    cap_drop: [MKNOD]
  late: {image: busybox, depends_on: [db]}
  fresh: {image: fresh, profiles: [tools]}
  built: {build: ., profiles: [tools], depends_on: [base]}
  base: {build: .}
`;

interface Made {
  name: string;
  body: Record<string, unknown>;
}

const listed = ({ name, body }: Made): object => ({ Id: 'db', Names: [`/${name}`], Labels: body['Labels'], State: 'running' });

interface RunOptions {
  answers?: Answers;
  /** Containers that are there before. */
  seen?: object[];
  terminal?: { rows: number; columns: number };
}

async function run(
  line: string,
  { answers, seen = [], terminal }: RunOptions = {},
): Promise<CliResult & { made: Made[]; asked: string[] }> {
  const made: Made[] = [];
  const container = new ScriptedContainer(async (own) => {
    await own.print('hello\n');
    own.endOutput();
    own.exit(3);
    return { status: 204 };
  });
  const network = {
    Name: 'demo_default',
    Id: 'n1',
    Labels: { 'com.docker.compose.network': 'default', 'com.docker.compose.project': 'demo' },
  };
  const daemon = new ScriptedDaemon({
    ...container.answers,
    'POST /containers/create': async (request) => {
      let text = '';
      for await (const chunk of request.body) text += new TextDecoder().decode(chunk);
      made.push({ name: request.query.get('name')?.[0] ?? '', body: JSON.parse(text) as Made['body'] });
      return { status: 201, json: { Id: 'c0ffee', Warnings: [] } };
    },
    'GET /containers/json': () => ({ json: [...seen, ...made.filter(({ name }) => name.endsWith('-1')).map(listed)] }),
    'GET /networks/demo_default': { json: network },
    'GET /networks': { json: [network] },
    'GET /images/busybox/json': { json: { Id: 'sha256:b0', Config: {} } },
    'POST /containers/db/start': { status: 304 },
    'GET /containers/db/json': { json: { Id: 'db', State: { Status: 'running', Running: true }, Config: { Tty: false } } },
    'GET /containers/c0ffee/json': { json: { Id: 'c0ffee', State: { Status: 'running', Running: true }, Config: { Tty: false } } },
    ...answers,
  });
  const result = await runDocker(line.replace('compose', 'compose --progress plain').split(' '), {
    cwd: '/lab',
    handler: daemon.handler,
    files: { '/lab/compose.yaml': yaml, '/lab/Dockerfile': 'FROM busybox\n' },
    env: { FROM_OUTSIDE: 'x' },
    ...(terminal && { terminal }),
  });
  return { ...result, made, asked: daemon.asked };
}

it('runs beside the service, prints what it prints and ends as it ends', async () => {
  const { status, stdout, stderr, made, asked } = await run('compose run --rm -T tool');
  expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: 'hello\n', stderr: '' });
  const [{ name, body }] = made as [Made];
  expect(name).toMatch(/^demo-tool-run-[0-9a-f]{12}$/);
  expect(body).toMatchObject({
    AttachStdin: true,
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    Cmd: ['echo', 'tool'],
    Entrypoint: ['sh', '-c'],
    HostConfig: { AutoRemove: true, RestartPolicy: { Name: '' }, PortBindings: {} },
    NetworkingConfig: { EndpointsConfig: { demo_default: { Aliases: [name] } } },
  });
  expect(body['Labels']).toMatchObject({
    'com.docker.compose.oneoff': 'True',
    'com.docker.compose.service': 'tool',
    'com.docker.compose.slug': expect.stringMatching(/^[0-9a-f]{64}$/),
    'com.docker.compose.container-number': '1',
  });
  expect(asked.filter((request) => request.includes('c0ffee')).slice(-3)).toEqual([
    'POST /containers/c0ffee/attach?stderr=1&stdin=1&stdout=1&stream=1',
    'POST /containers/c0ffee/wait?condition=removed',
    'POST /containers/c0ffee/start',
  ]);
});

describe('makes of the service', () => {
  it.each([
    ['compose run -T tool ls -l', { Cmd: ['ls', '-l'], Entrypoint: ['sh', '-c'] }],
    ['compose run -T --entrypoint /bin/date tool', { Cmd: [], Entrypoint: ['/bin/date'] }],
    ['compose run -T -e A=1 -e FROM_OUTSIDE -e NOWHERE tool', { Env: expect.arrayContaining(['A=1', 'B=b', 'FROM_OUTSIDE=x']) }],
    ['compose run -T -u me -w /srv -l x=y tool', { User: 'me', WorkingDir: '/srv', Labels: expect.objectContaining({ x: 'y' }) }],
    [
      'compose run -T --service-ports tool',
      { HostConfig: expect.objectContaining({ PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } }) },
    ],
    ['compose run -T -P tool', { HostConfig: expect.objectContaining({ PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } }) }],
    [
      'compose run -T -p 9000:90 tool',
      { HostConfig: expect.objectContaining({ PortBindings: { '90/tcp': [{ HostIp: '', HostPort: '9000' }] } }) },
    ],
    ['compose run -T -v ./data:/data tool', { HostConfig: expect.objectContaining({ Binds: ['/lab/data:/data:rw'] }) }],
    [
      'compose run -T --cap-add MKNOD --cap-drop NET_ADMIN tool',
      { HostConfig: expect.objectContaining({ CapAdd: ['MKNOD'], CapDrop: ['NET_ADMIN'] }) },
    ],
    ['compose run -T --interactive=false tool', { AttachStdin: false, OpenStdin: false }],
  ])('%s', async (line, body) => {
    expect((await run(line)).made[0]?.body).toMatchObject(body);
  });

  it('a name, and aliases when asked', async () => {
    const { made } = await run('compose run -T --name mine --use-aliases tool');
    expect(made[0]).toMatchObject({ name: 'mine' });
    expect(made[0]?.body).toHaveProperty('NetworkingConfig.EndpointsConfig.demo_default.Aliases', expect.arrayContaining(['tool']));
  });
});

it('makes what the service depends on first, unless told not to', async () => {
  expect((await run('compose run -T --no-deps late')).made.map(({ name }) => name.replace(/-run-.*/, '-run'))).toEqual(['demo-late-run']);
  const { made, stderr } = await run('compose run -T late');
  expect(stderr).toBe(' Container demo-db-1  Creating\n Container demo-db-1  Created\n');
  expect(made.map(({ name }) => name.replace(/-run-.*/, '-run'))).toEqual(['demo-db-1', 'demo-late-run']);
});

it('has a terminal inside where there is one outside, unless told not to', async () => {
  const terminal = { rows: 24, columns: 80 };
  expect((await run('compose run tool', { terminal })).made[0]?.body).toMatchObject({ Tty: true });
  expect((await run('compose run --no-TTY --interactive=false tool', { terminal })).made[0]?.body).toMatchObject({ Tty: false });
});

it.each([
  ['compose run -T fresh', ' fresh Pulling \n l1 Pull complete \n fresh Pulled \n'],
  ['compose run -T --quiet-pull fresh', ' fresh Pulling \n fresh Pulled \n'],
])('%s', async (line, stderr) => {
  const layer = new TextEncoder().encode('{"status":"Pull complete","id":"l1","progressDetail":{}}\n');
  let isThere = false;
  const answers: Answers = {
    'GET /images/fresh/json': () =>
      isThere ? { json: { Id: 'sha256:f0', Config: {} } } : { status: 404, json: { message: 'No such image' } },
    'POST /images/create': () => {
      isThere = true;
      return { body: { kind: 'bytes', bytes: layer } };
    },
  };
  expect(await run(line, { answers })).toMatchObject({ status: 3, stderr });
});

it.each([
  ['compose run -T built', []],
  ['compose run -T --build built', ['demo-base', 'demo-built']],
  ['compose run -T --build --no-deps built', ['demo-built']],
])('%s', async (line, images) => {
  const built: string[] = [];
  const answers: Answers = {
    'GET /images/demo-base/json': { json: { Id: 'sha256:d0', Config: {} } },
    'GET /images/demo-built/json': { json: { Id: 'sha256:d1', Config: {} } },
    'POST /build': async ({ query, body }) => {
      for await (const _ of body);
      built.push(...query.get('t')!);
      return { body: { kind: 'bytes', bytes: new TextEncoder().encode('{"id":"moby.image.id","aux":{"ID":"sha256:d2"}}\n') } };
    },
  };
  expect(await run(line, { answers })).toMatchObject({ status: 3 });
  expect(built).toEqual(images);
});

// Compose 2.26 knows the flag and forgets it; it is done here all the same.
it.each([
  ['compose run -T tool', []],
  ['compose run -T --remove-orphans tool', ['POST /containers/gone1/stop', 'DELETE /containers/gone1?force=1']],
])('%s', async (line, removals) => {
  const labels = { 'com.docker.compose.service': 'gone', 'com.docker.compose.oneoff': 'False' };
  const seen = [{ Id: 'gone1', Names: ['/demo-gone-1'], Labels: labels, State: 'running' }];
  const gone = { 'POST /containers/gone1/stop': { status: 204 }, 'DELETE /containers/gone1': { status: 204 } };
  const { asked, stderr } = await run(line, { answers: gone, seen });
  expect(asked.filter((request) => request.includes('gone1'))).toEqual(removals);
  expect(stderr.includes('Found orphan containers ([demo-gone-1])')).toBe(removals.length === 0);
});

it('detached, says only which container', async () => {
  expect(await run('compose run -d tool')).toMatchObject({ status: 0, stdout: 'c0ffee\n' });
});

it.each([
  ['compose run -T nosuch', 1, 'no such service: nosuch\n'],
  ['compose run --service-ports -p 1:1 tool', 1, '--service-ports and --publish are incompatible\n'],
  ['compose run -t -T tool', 1, "--tty and --no-TTY can't be used together\n"],
  ['compose run -t tool', 1, 'the input device is not a TTY\n'],
  ['compose run -l bad tool', 1, 'label must be set as KEY=VALUE\n'],
])('docker %s', async (line, status, stderr) => {
  expect(await run(line)).toMatchObject({ status, stderr });
});
