/** What `kill`, `stop`, `start`, `restart`, `rm` and `down` ask of the daemon, by their flags. */
import { describe, expect, it } from 'vitest';
import { ScriptedDaemon, type Answers } from '../container/scripted-daemon.ts';
import { runDocker, type CliResult, type FakeOptions } from '../testing.ts';

const yaml = `name: demo
services:
  web: {image: busybox, depends_on: {db: {condition: service_started, restart: true}}}
  db: {image: busybox, volumes: ["data:/data"]}
  cache: {image: busybox, networks: [back]}
  app: {build: .}
  named: {build: ., image: "mine:2"}
  tool: {image: busybox, profiles: [tools]}
networks: {back: {}}
volumes: {data: {}}
`;

interface Listed {
  Id: string;
  Names: string[];
  Labels: Record<string, string>;
  State: string;
}

const inDemo = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries({ project: 'demo', ...labels }).map(([key, value]) => [`com.docker.compose.${key}`, value]));

function container(service: string, State: string, dependencies = ''): Listed {
  const Labels = inDemo({ service, 'container-number': '1', 'config-hash': 'h', oneoff: 'False', depends_on: dependencies });
  return { Id: `${service}1`, Names: [`/demo-${service}-1`], Labels, State };
}

const image = (tag: string, service: string): object => ({ Id: `sha256:${service}`, RepoTags: [tag], Labels: inDemo({ service }) });
const network = (key: string): object => ({ Name: `demo_${key}`, Id: key, Labels: inDemo({ network: key }), Containers: {} });

/** A daemon with a project that has an orphan, and a service that does not run. */
function daemonOf(more: Answers = {}): ScriptedDaemon {
  const containers = [
    container('web', 'running', 'db:service_started'),
    container('db', 'running'),
    container('gone', 'running'),
    container('cache', 'exited'),
  ];
  const has = (labels: Record<string, string>, filters: string): boolean =>
    Object.keys((JSON.parse(filters) as { label: object }).label).every((filter) => {
      const [name = '', value] = filter.split('=');
      return value === undefined ? name in labels : labels[name] === value;
    });
  const answers: Answers = {
    'GET /containers/json': ({ query }) => ({
      json: containers.filter(({ State, Labels }) => (query.has('all') || State === 'running') && has(Labels, query.get('filters')![0]!)),
    }),
    'GET /networks': ({ query }) => {
      const key = /network=(\w+)/.exec(query.get('filters')![0]!)?.[1];
      return { json: key === undefined ? [network('default')] : [network(key)] };
    },
    'GET /volumes': { json: { Volumes: [] } },
    'GET /networks/default': { json: network('default') },
    'GET /networks/back': { json: network('back') },
    'GET /images/json': { json: [image('demo-app:latest', 'app'), image('mine:2', 'named'), image('demo-gone:latest', 'gone')] },
    'GET /images/busybox/json': { json: { Id: 'sha256:b' } },
    'GET /images/mine:2/json': { json: { Id: 'sha256:m' } },
  };
  for (const one of containers) {
    const path = `/containers/${one.Id}`;
    answers[`GET ${path}/json`] = () => ({ json: { State: { Status: one.State, Running: one.State === 'running' } } });
    answers[`POST ${path}/stop`] = () => {
      one.State = 'exited';
      return { status: 204 };
    };
    for (const request of [`POST ${path}/start`, `POST ${path}/restart`, `POST ${path}/kill`, `DELETE ${path}`])
      answers[request] = { status: 204 };
  }
  for (const path of ['/networks/default', '/networks/back', '/volumes/demo_data']) answers[`DELETE ${path}`] = { status: 204 };
  for (const name of ['demo-app:latest', 'mine:2', 'demo-gone:latest', 'busybox:latest']) answers[`DELETE /images/${name}`] = { json: [] };
  return new ScriptedDaemon({ ...answers, ...more });
}

/** @returns what was changed, in the order of words: containers without where they are, `web1/stop?t=3` */
async function run(line: string, options: FakeOptions = {}, more: Answers = {}): Promise<CliResult & { changed: string[] }> {
  const daemon = daemonOf(more);
  const files = { '/lab/compose.yaml': yaml };
  const result = await runDocker(line.split(' '), { cwd: '/lab', handler: daemon.handler, files, ...options });
  const changed = daemon.asked
    .filter((request) => !request.startsWith('GET '))
    .map((request) => request.replace(/(POST )?\/containers\//, ''));
  return { ...result, changed: changed.sort() };
}

it.each([
  ['compose kill', ['db1/kill?signal=SIGKILL', 'web1/kill?signal=SIGKILL']],
  ['compose kill -s HUP web', ['web1/kill?signal=HUP']],
  ['compose kill --remove-orphans', ['db1/kill?signal=SIGKILL', 'gone1/kill?signal=SIGKILL', 'web1/kill?signal=SIGKILL']],
  ['compose stop', ['cache1/stop', 'db1/stop', 'web1/stop']],
  ['compose stop -t 3 db', ['db1/stop?t=3']],
  ['compose start', ['cache1/start']],
  ['compose start web', []],
  ['compose restart', ['cache1/restart', 'db1/restart', 'web1/restart']],
  ['compose restart -t 0 db', ['db1/restart?t=0', 'web1/restart?t=0']],
  ['compose restart --no-deps db', ['db1/restart']],
  ['compose restart tool', []],
  ['compose rm -f', ['DELETE cache1?force=1']],
  ['compose rm -f -v', ['DELETE cache1?force=1&v=1']],
  ['compose rm -f --stop web', ['DELETE web1?force=1', 'web1/stop']],
])('docker %s', async (line, changed) => {
  expect(await run(line)).toMatchObject({ status: 0, changed });
});

it.each([
  ['compose kill', true],
  ['compose kill --remove-orphans=false', false],
  ['compose down', true],
  ['compose down --remove-orphans=false', false],
  ['compose stop', false],
])('docker %s, where COMPOSE_REMOVE_ORPHANS is set', async (line, orphans) => {
  const { changed } = await run(line, { env: { COMPOSE_REMOVE_ORPHANS: '1' } });
  expect(changed.some((request) => request.includes('gone1'))).toBe(orphans);
});

const gone = 'Error response from daemon: No such container: cache1\n';

it.each([
  ['compose rm -f', 404, 1, ` Container demo-cache-1  Removing\n${gone}`],
  ['compose rm -f', 409, 1, ` Container demo-cache-1  Removing\n${gone}`],
  ['compose --progress quiet down cache', 404, 0, ''],
  ['compose --progress quiet down cache', 409, 0, ''],
  ['compose --progress quiet down cache', 500, 1, gone],
])('docker %s, of what cannot be removed: %d', async (line, code, status, stderr) => {
  const answer = { status: code, json: { message: 'No such container: cache1' } };
  expect(await run(line, {}, { 'DELETE /containers/cache1': answer })).toMatchObject({ status, stderr });
});

describe('known by its name alone', () => {
  const broken = { '/lab/compose.yaml': 'services: [' };
  const nothing = { files: {} };
  const named = { files: broken, env: { COMPOSE_PROJECT_NAME: 'Demo' } };

  it.each([
    ['compose -p demo stop db', nothing, ['db1/stop']],
    ['compose -p demo stop nosuch', nothing, []],
    ['compose -p demo start cache', nothing, ['cache1/start']],
    ['compose -p demo restart db', nothing, ['db1/restart', 'web1/restart']],
    ['compose -p demo kill gone', nothing, ['gone1/kill?signal=SIGKILL']],
    ['compose -p demo rm -f', nothing, ['DELETE cache1?force=1']],
    ['compose -p demo rm -f --stop db', nothing, ['DELETE db1?force=1', 'db1/stop']],
    [
      'compose -p demo down db nosuch',
      nothing,
      ['DELETE /networks/default', ...['db1', 'web1'].flatMap((id) => [`DELETE ${id}?force=1`, `${id}/stop`])],
    ],
    ['compose -p none stop', nothing, []],
    ['compose stop db', named, ['db1/stop']],
    ['compose start cache', named, ['cache1/start']],
    ['compose rm -f', named, ['DELETE cache1?force=1']],
    ['compose stop db', { files: { ...broken, '/lab/.env': 'COMPOSE_PROJECT_NAME=demo\n' } }, ['db1/stop']],
  ])('docker %s %j', async (line, options, changed) => {
    expect(await run(line, options)).toMatchObject({ status: 0, changed: changed.sort() });
  });

  it.each([
    ['compose -p demo start nosuch', nothing, 'no such service: "nosuch": not found\n'],
    ['compose -p none start', nothing, 'no container found for project "none": not found\n'],
    ['compose -p demo restart nosuch', nothing, 'no such service: nosuch\n'],
    ['compose -p BAD! stop', nothing, expect.stringMatching(/^invalid project name "BAD!": must consist only of/)],
    ['compose stop', { files: broken }, expect.stringContaining('yaml: ')],
  ])('docker %s %j is refused', async (line, options, stderr) => {
    expect(await run(line, options)).toMatchObject({ changed: [], stderr });
  });
});

it('kills nothing where nothing runs', async () => {
  expect(await run('compose kill cache')).toMatchObject({ status: 0, changed: [], stderr: 'no container to kill' });
});

const removed = ['cache1', 'db1', 'web1'].flatMap((id) => [`DELETE ${id}?force=1`, `${id}/stop`]);
const networks = ['DELETE /networks/back', 'DELETE /networks/default'];
const images = (...names: string[]): string[] => names.map((name) => `DELETE /images/${name}?noprune=1`);

it.each([
  ['compose down', [...removed, ...networks]],
  ['compose down --timeout 3', [...removed.map((request) => request.replace('/stop', '/stop?t=3')), ...networks]],
  [
    'compose down --volumes',
    [...removed.map((request) => request.replace('force=1', 'force=1&v=1')), ...networks, 'DELETE /volumes/demo_data?force=1'],
  ],
  ['compose down --remove-orphans', [...removed, 'DELETE gone1?force=1', 'gone1/stop', ...networks]],
  ['compose down --rmi local', [...removed, ...networks, ...images('demo-app:latest', 'mine:2')]],
  ['compose down --rmi all', [...removed, ...networks, ...images('busybox:latest', 'demo-app:latest', 'mine:2')]],
  [
    'compose down --rmi local --remove-orphans',
    [...removed, 'DELETE gone1?force=1', 'gone1/stop', ...networks, ...images('demo-app:latest', 'demo-gone:latest', 'mine:2')],
  ],
  ['compose down cache', ['DELETE cache1?force=1', 'cache1/stop', ...networks]],
])('docker %s', async (line, changed) => {
  expect(await run(line)).toMatchObject({ status: 0, changed: changed.sort() });
});

it.each([
  ['compose down --rmi some', 'invalid value for --rmi: "some"\n'],
  ['compose down nosuch', 'no such service: nosuch\n'],
])('docker %s is refused', async (line, stderr) => {
  expect(await run(line)).toMatchObject({ status: 1, changed: [], stderr });
});
