/** Flags of the commands that read, on a scripted daemon. */
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '#engine/api/stdcopy.ts';
import { ScriptedDaemon, type Answers } from '../container/scripted-daemon.ts';
import { runDocker, type CliResult, type FakeOptions } from '../testing.ts';

const label = (key: string, value: string): Record<string, string> => ({ [`com.docker.compose.${key}`]: value });

function container(service: string, number: number, state: string, more: object = {}): object {
  return {
    Id: `${service}${number}`.padEnd(64, '0'),
    Names: [`/demo-${service}-${number}`],
    Image: 'busybox',
    ImageID: 'sha256:b0',
    Command: 'sleep 1000 and a little longer than that',
    Created: 1_700_000_000,
    Ports: [],
    Labels: { ...label('project', 'demo'), ...label('service', service), ...label('container-number', String(number)) },
    State: state,
    Status: state === 'running' ? 'Up 5 seconds' : 'Exited (3) 1 second ago',
    NetworkSettings: { Networks: {} },
    Mounts: [],
    ...more,
  };
}

const web = container('web', 1, 'running', { Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }] });
const second = container('web', 2, 'running', {
  Ports: [
    { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8081, Type: 'tcp' },
    { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8053, Type: 'udp' },
  ],
});
const db = container('db', 1, 'exited');
const frame = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): Uint8Array => encodeFrame(stream, new TextEncoder().encode(text));

const inspect = (State: object, Tty = false): object => ({ State, Config: { Tty }, NetworkSettings: { Networks: { front: {} } } });
const idOf = (name: string): string => name.padEnd(64, '0');

function daemonOf(containers: object[] = [second, web, db], more: Answers = {}): ScriptedDaemon {
  return new ScriptedDaemon({
    'GET /containers/json': { json: containers },
    [`GET /containers/${idOf('web1')}/json`]: { json: inspect({ Status: 'running', ExitCode: 0, Health: { Status: 'healthy' } }) },
    [`GET /containers/${idOf('web2')}/json`]: { json: inspect({ Status: 'running', ExitCode: 0 }) },
    [`GET /containers/${idOf('db1')}/json`]: { json: inspect({ Status: 'exited', ExitCode: 3 }) },
    [`GET /containers/${idOf('web1')}/logs`]: { body: { kind: 'bytes', bytes: frame('one\ntwo') } },
    [`GET /containers/${idOf('web2')}/logs`]: { body: { kind: 'bytes', bytes: frame('three\n', 'stderr') } },
    [`GET /containers/${idOf('db1')}/logs`]: { body: { kind: 'bytes', bytes: new Uint8Array() } },
    'GET /images/sha256:b0/json': { json: { Id: 'sha256:b0', RepoTags: [], Size: 1_500_000 } },
    ...more,
  });
}

async function run(line: string, daemon = daemonOf(), options: FakeOptions = {}): Promise<CliResult> {
  const files = { '/lab/compose.yaml': 'name: demo\nservices:\n  web: {image: busybox}\n' };
  return runDocker(line.split(' '), { cwd: '/lab', files, handler: daemon.handler, ...options });
}

describe('ps', () => {
  it.each([
    ['compose ps -q', `${idOf('db1')}\n${idOf('web1')}\n${idOf('web2')}\n`],
    ['compose ps --services', 'db\nweb\n'],
    ['compose ps --services --orphans=false', 'web\n'],
    ['compose ps --status exited -q', `${idOf('db1')}\n`],
    ['compose ps --filter status=running --format {{.Name}}', 'demo-web-1\ndemo-web-2\n'],
    ['compose ps -a --format {{.Service}}:{{.Health}}:{{.ExitCode}}:{{.Networks}}', 'db::3:front\nweb:healthy:0:front\nweb::0:front\n'],
    ['compose ps --no-trunc --format {{.Command}} --status exited', '"sleep 1000 and a little longer than that"\n'],
    ['compose ps --format {{.Publishers}} --status running', '[{0.0.0.0 80 8080 tcp}]\n[{0.0.0.0 80 8081 tcp} {0.0.0.0 80 8053 udp}]\n'],
    ['compose -p demo ps --services', 'db\nweb\n'],
  ])('%s', async (line, stdout) => {
    expect(await run(line)).toMatchObject({ status: 0, stdout, stderr: '' });
  });

  it.each([
    ['compose ps nosuch', 'no such service: nosuch\n'],
    ['compose ps --filter bad', 'arguments to --filter should be in form KEY=VAL\n'],
    ['compose ps --filter name=x', 'unknown filter name\n'],
    ['compose ps --format {{.Nosuch}}', expect.stringContaining('template parsing error')],
  ])('%s', async (line, stderr) => {
    expect(await run(line)).toMatchObject({ status: 1, stderr });
  });
});

describe('ls', () => {
  it.each([
    ['compose ls -q', 'demo\n'],
    ['compose ls --format json', '[{"Name":"demo","Status":"exited(1), running(2)","ConfigFiles":"N/A"}]\n'],
    ['compose ls --filter name=em -q', 'demo\n'],
    ['compose ls --filter name=other -q', ''],
  ])('%s', async (line, stdout) => {
    expect(await run(line)).toMatchObject({ status: 0, stdout });
  });

  it('shows what does not run only when asked', async () => {
    const daemon = daemonOf();
    await run('compose ls', daemon);
    await run('compose ls --all', daemon);
    expect(daemon.asked.map((request) => request.includes('all=1'))).toEqual([false, true]);
  });

  it('knows one filter', async () => {
    expect(await run('compose ls --filter status=running')).toMatchObject({ status: 1, stderr: "invalid filter 'status'\n" });
  });
});

describe('logs', () => {
  it.each([
    ['compose logs', '\x1b[2Kweb-1  | one\n\x1b[2Kweb-1  | two\n\x1b[2Kweb-2  | three\n'],
    ['compose logs --no-log-prefix', '\x1b[2Kone\n\x1b[2Ktwo\n\x1b[2Kthree\n'],
  ])('%s', async (line, stdout) => {
    // The containers' lines come as they may.
    const lines = (text: string): string[] => text.split('\n').sort();
    expect(lines((await run(line, daemonOf([web, second]))).stdout)).toEqual(lines(stdout));
  });

  it('colours names on a terminal unless told not to', async () => {
    const terminal = { rows: 24, columns: 80 };
    expect((await run('compose logs', daemonOf([web]), { terminal })).stdout).toContain('\x1b[36mweb-1  | \x1b[0mone\n');
    expect((await run('compose logs --no-color', daemonOf([web]), { terminal })).stdout).toContain('web-1  | one\n');
    expect((await run('compose --ansi never logs', daemonOf([web]), { terminal })).stdout).toContain('web-1  | one\n');
  });

  it.each([
    [
      'compose logs --since 2024-01-01T00:00:00Z --until 2024-01-02T00:00:00Z -t -n 5 web',
      'since=1704067200.000000000&stderr=1&stdout=1&tail=5&timestamps=1&until=1704153600.000000000',
    ],
    ['compose logs -f web', 'follow=1&stderr=1&stdout=1&tail=all'],
  ])('%s', async (line, query) => {
    const daemon = daemonOf([web], { 'GET /events': { body: { kind: 'bytes', bytes: new Uint8Array() } } });
    await run(line, daemon);
    expect(daemon.asked).toContain(`GET /containers/${idOf('web1')}/logs?${query}`);
  });

  it('takes one container of a service', async () => {
    const daemon = daemonOf([second]);
    expect((await run('compose logs --index 2 web', daemon)).stdout).toBe('\x1b[2Kweb-2  | three\n');
    expect(daemon.asked[0]).toContain('"com.docker.compose.container-number=2":true');
    expect(await run('compose logs --index 2')).toMatchObject({ status: 1, stderr: '--index requires one service to be selected\n' });
    expect(await run('compose logs --index 7 web', daemonOf([]))).toMatchObject({ stderr: 'service "web" is not running container #7\n' });
  });
});

describe('port', () => {
  it.each([
    ['compose port web 80', 0, '0.0.0.0:8080\n', ''],
    ['compose port --protocol udp web 80', 1, '', 'no port 80/udp for container demo-web-1: 8080/tcp\n'],
    ['compose port web x', 1, '', 'strconv.ParseUint: parsing "x": invalid syntax\n'],
  ])('%s', async (line, status, stdout, stderr) => {
    expect(await run(line, daemonOf([second, web]))).toMatchObject({ status, stdout, stderr });
  });

  it('of one container', async () => {
    const daemon = daemonOf([second]);
    expect(await run('compose port --index 2 --protocol UDP web 80', daemon)).toMatchObject({ status: 0, stdout: '0.0.0.0:8053\n' });
    expect(daemon.asked[0]).toContain('"com.docker.compose.container-number=2":true');
    expect(await run('compose port --index 2 web 80', daemonOf([]))).toMatchObject({
      stderr: 'service "web" is not running container #2\n',
    });
  });
});

describe('images', () => {
  it.each([
    ['compose images -q', 'b0\n'],
    ['compose images --format json web', '[{"ID":"sha256:b0","ContainerName":"demo-web-1","Repository":"","Tag":"","Size":1500000}]\n'],
    [
      'compose images web',
      'CONTAINER           REPOSITORY          TAG                 IMAGE ID            SIZE\ndemo-web-1          <none>              <none>              b0                  1.5MB\n',
    ],
  ])('%s', async (line, stdout) => {
    expect(await run(line, daemonOf([web]))).toMatchObject({ status: 0, stdout });
  });

  it('are in the order of the daemon when only their ids are wanted', async () => {
    const newer = container('web', 2, 'running', { ImageID: 'sha256:b1' });
    const daemon = daemonOf([newer, web, db], { 'GET /images/sha256:b1/json': { json: { Id: 'sha256:b1', RepoTags: [], Size: 0 } } });
    expect((await run('compose images --quiet', daemon)).stdout).toBe('b1\nb0\n');
  });
});

describe('top', () => {
  it('shows those asked for', async () => {
    const top = { json: { Titles: ['PID', 'CMD'], Processes: [['1', 'sleep']] } };
    const daemon = daemonOf([web, db], { [`GET /containers/${idOf('web1')}/top`]: top, [`GET /containers/${idOf('db1')}/top`]: top });
    expect((await run('compose top', daemon)).stdout).toBe(
      'demo-db-1\nPID   CMD\n1     sleep   \n\ndemo-web-1\nPID   CMD\n1     sleep   \n\n',
    );
  });
});

it.each([
  ['compose ps', { COMPOSE_PROJECT_NAME: 'Mine' }, 'mine'],
  ['compose top', { COMPOSE_PROJECT_NAME: 'Mine' }, 'mine'],
  ['compose top', {}, 'dotted'],
  ['compose -p flagged top', { COMPOSE_PROJECT_NAME: 'Mine' }, 'flagged'],
])('%s %j, without a file that can be read', async (line, env, name) => {
  const daemon = daemonOf([]);
  const files = { '/lab/compose.yaml': 'services: [', '/lab/.env': 'COMPOSE_PROJECT_NAME=dotted\n' };
  expect(await run(line, daemon, { files, env })).toMatchObject({ status: 0 });
  expect(daemon.asked[0]).toContain(`"com.docker.compose.project=${name}":true`);
});

it('pauses nothing in a dry run', async () => {
  const daemon = daemonOf([web]);
  expect(await run('compose --progress plain pause --dry-run web', daemon)).toMatchObject({
    stderr: ' DRY-RUN MODE -  Container demo-web-1  Paused\n',
  });
  expect(daemon.asked).toHaveLength(1);
});
