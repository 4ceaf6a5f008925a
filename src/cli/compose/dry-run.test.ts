/** What is told of when nothing is done, against the engine: of what would change it, it is asked nothing. */
import { beforeEach, expect, it } from 'vitest';
import { ComposeLab } from '../../../test/compose-lab.ts';
import type { CliResult } from '../testing.ts';

const compose = `name: demo
services:
  web: {image: busybox, command: sleep 1000, depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully}}}
  db: {image: busybox, command: sleep 1000, healthcheck: {test: ["CMD", "true"], interval: 1s}, volumes: [data:/data]}
  init: {image: busybox, command: "true"}
  app: {build: ., image: registry:5000/app, command: sleep 1000, profiles: [built]}
  tool: {image: busybox, command: sleep 1000, secrets: [token], profiles: [tool]}
  brief: {image: busybox, command: sh -c "echo up; sleep 30; exit 3", ports: ["81:80"], profiles: [tool]}
volumes: {data: {}}
secrets: {token: {environment: TOKEN}}
`;

let lab: ComposeLab;

beforeEach(async () => {
  lab = await ComposeLab.open(compose);
  lab.files['/lab/Dockerfile'] = 'FROM busybox\n';
});

interface Told {
  status: number;
  stdout: string;
  /** Sorted: what goes on side by side has no order. */
  lines: string[];
}

/** Of an end that is waited for the daemon is asked; nothing else. */
async function dryRunOf(line: string): Promise<CliResult> {
  lab.asked.length = 0;
  const result = await lab.docker(line, { TOKEN: 't' });
  expect(lab.asked.filter((request) => !/^POST \/containers\/\w+\/wait$/.test(request))).toEqual([]);
  return result;
}

async function dryRun(line: string): Promise<Told> {
  const before = await lab.list();
  const { status, stdout, stderr } = await dryRunOf(line);
  expect(await lab.list()).toBe(before);
  const lines = stderr.split('\n').map((text) => text.replace(/^ DRY-RUN MODE - {2}/, ''));
  return { status, stdout, lines: lines.filter((text) => text.trim() !== '').sort() };
}

const container = (name: string, ...states: string[]): string[] => states.map((state) => `Container demo-${name}-1  ${state}`);

it('up pulls, makes and starts nothing, and waits for nothing that cannot come', async () => {
  expect(await dryRun('compose --dry-run --progress plain up -d')).toEqual({
    status: 0,
    stdout: '',
    lines: [
      ...['Creating', 'Created', 'Waiting', 'Healthy', 'Starting', 'Started'].map((state) => `Container demo-db-1  ${state}`),
      ...['Creating', 'Created', 'Waiting', 'Exited', 'Starting', 'Started'].map((state) => `Container demo-init-1  ${state}`),
      ...container('web', 'Creating', 'Created', 'Starting', 'Started'),
      'Network demo_default  Creating',
      'Network demo_default  Created',
      'Volume "demo_data"  Creating',
      'Volume "demo_data"  Created',
      'db Pulling ',
      'db Pulled ',
      'init Pulling ',
      'init Pulled ',
      'web Pulling ',
      'web Pulled ',
    ].sort(),
  });
});

it('an up that would stay says that it does not', async () => {
  const { status, stdout } = await dryRun('compose up --dry-run --quiet-pull');
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: "end of 'compose up' output, interactive run is not supported in dry-run mode\n",
  });
});

it('says what a build would make', async () => {
  const told = ['  build service app ', '==> ==> naming to registry:5000/app ', `==> ==> writing image dryRun-${sha1OfApp} `].sort();
  expect((await dryRun('compose build --dry-run app')).lines).toEqual(told);
  expect((await dryRun('compose up --dry-run -d --build app')).lines).toEqual(
    [
      ...told,
      ...container('app', 'Creating', 'Created', 'Starting', 'Started'),
      'Network demo_default  Creating',
      'Network demo_default  Created',
      'Volume "demo_data"  Creating',
      'Volume "demo_data"  Created',
    ].sort(),
  );
});

/** `printf app | sha1sum` */
const sha1OfApp = '7d1043473d55bfa90e8530d35801d4e381bc69f0';

it.each([
  ['compose stop --dry-run web', container('web', 'Stopping', 'Stopped')],
  ['compose kill --dry-run web', container('web', 'Killing', 'Killed')],
  ['compose restart --dry-run web', container('web', 'Restarting', 'Started')],
  ['compose pause --dry-run web', container('web', 'Paused')],
  ['compose unpause --dry-run web', container('web', 'Unpaused')],
  ['compose start --dry-run init', container('init', 'Starting', 'Started')],
  ['compose create --dry-run --force-recreate init', container('init', 'Recreate', 'Recreated')],
  [
    'compose scale --dry-run init=2',
    [
      ...container('init', 'Created', 'Starting', 'Started'),
      ...['Creating', 'Created', 'Starting', 'Started'].map((state) => `Container demo-init-2  ${state}`),
    ],
  ],
  ['compose rm --dry-run --force --stop web', container('web', 'Stopping', 'Stopped', 'Removing', 'Removed')],
  ['compose pull --dry-run web', ['web Pulled ', 'web Pulling ']],
  ['compose pull --dry-run nosuch', ['no such service: nosuch']],
  [
    'compose cp --dry-run compose.yaml web:/',
    ['demo-web-1 copy compose.yaml to demo-web-1:/ Copied', 'demo-web-1 copy compose.yaml to demo-web-1:/ Copying'],
  ],
  ['compose run --dry-run --no-deps web ls', ['interactive run is not supported in dry-run mode']],
  ['compose attach --dry-run web', ['interactive run is not supported in dry-run mode']],
  ['compose exec --dry-run web ls', ['interactive exec is not supported in dry-run mode']],
])('docker %s', async (line, told) => {
  await lab.docker('compose up -d', {});
  const { lines } = await dryRun(line);
  expect(lines.filter((text) => !text.includes('-run-'))).toEqual([...told].sort());
});

it.each([
  ['compose ls --dry-run'],
  ['compose ps --dry-run --format {{.Name}}={{.State}}'],
  ['compose images --dry-run --quiet'],
  ['compose logs --dry-run brief'],
  ['compose port --dry-run brief 80'],
  ['compose stats --dry-run --no-stream --format {{.Name}} brief'],
  ['compose top --dry-run brief'],
  ['compose version --dry-run'],
])('docker %s reads what is there', async (line) => {
  await lab.docker('compose up -d brief', {});
  const { status, stdout } = await dryRunOf(line);
  expect(stdout).not.toBe('');
  const real = await lab.docker(line.replace(' --dry-run', ''), {});
  expect({ status, stdout }).toEqual({ status: real.status, stdout: real.stdout });
});

it('waits as ever', async () => {
  await lab.docker('compose up -d brief', {});
  expect((await dryRunOf('compose wait --dry-run brief')).status).toBe(3);
});

it('down removes nothing: a network in which containers still are is told of as Compose does', async () => {
  await lab.docker('compose up -d web', {});
  expect((await dryRun('compose down --dry-run --volumes --rmi all')).lines).toEqual(
    [
      ...['web', 'db', 'init'].flatMap((name) => container(name, 'Stopping', 'Stopped', 'Removing', 'Removed')),
      'Image busybox:latest  Removed',
      'Image busybox:latest  Removing',
      'Network demo_default  Removing',
      'Network demo_default  Resource is still in use',
      'Volume demo_data  Removed',
      'Volume demo_data  Removing',
    ].sort(),
  );
});

it('a run in the background, and files written into what is not made', async () => {
  const { status, stdout } = await dryRun('compose run --dry-run -d --name once tool');
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'once\n' });
});

it('a command in the background is told of', async () => {
  await lab.docker('compose up -d db', {});
  const { stdout } = await dryRun('compose exec --dry-run -d db ls /');
  expect(stdout).toMatch(/^ DRY-RUN MODE - Executing command \["ls" "\/"\] in [0-9a-f]{64} \(detached mode\)\n$/);
});

it('a place in a container that is not there is missed', async () => {
  await lab.docker('compose up -d db', {});
  const { lines } = await dryRun('compose cp --dry-run db:/nosuch .');
  expect(lines[0]).toMatch(/Could not find the file \/nosuch in container [0-9a-f]{64}$/);
});

it('an image that no registry has is not pulled', async () => {
  lab.files['/lab/compose.yaml'] = 'name: demo\nservices: {web: {image: nosuchimage}}\n';
  const { status, lines } = await dryRun('compose pull --dry-run');
  expect(status).toBe(18);
  expect(lines[0]).toMatch(/nosuchimage/);
});
