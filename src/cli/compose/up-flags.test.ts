/** What the flags of `up`, `create` and `scale` change, against the engine. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ComposeLab } from '../../../test/compose-lab.ts';

const compose = `name: demo
services:
  web: {image: busybox, command: sleep 1000, environment: {GREETING: "\${GREETING:-hi}"}, depends_on: [db]}
  db: {image: busybox, command: sleep 1000, volumes: [/data]}
  app: {build: ., command: sleep 1000, profiles: [built]}
  ill:
    image: busybox
    command: sleep 1000
    healthcheck: {test: ["CMD", "test", "-f", "/ready"], interval: 1s, retries: 100}
    profiles: [waited]
  well: {image: busybox, command: sleep 1000, healthcheck: {test: ["CMD", "true"], interval: 1s}, profiles: [waited]}
`;

let lab: ComposeLab;

beforeEach(async () => {
  lab = await ComposeLab.open(compose);
  lab.files['/lab/Dockerfile'] = 'FROM busybox\n';
});

/** Runs a command that has to go well. @returns what it told */
async function done(line: string, env: Record<string, string> = {}): Promise<string> {
  const { status, stderr } = await lab.docker(line, env);
  expect({ line, status, stderr }).toEqual({ line, status: 0, stderr });
  return stderr;
}

/** How often something was asked. */
const countOf = (request: string): number => lab.asked.filter((line) => line.startsWith(`${request}?`)).length;

describe('makes and starts', () => {
  it.each([
    ['compose create', 'demo-db-1=created demo-web-1=created'],
    ['compose create db', 'demo-db-1=created'],
    ['compose create --scale db=2 db', 'demo-db-1=created demo-db-2=created'],
    ['compose up -d web', 'demo-db-1=running demo-web-1=running'],
    ['compose up -d --no-deps web', 'demo-web-1=running'],
    ['compose up --no-start', 'demo-db-1=created demo-web-1=created'],
    ['compose scale web=2', 'demo-db-1=running demo-web-1=running demo-web-2=running'],
    ['compose scale --no-deps web=2', 'demo-web-1=running demo-web-2=running'],
  ])('docker %s', async (line, containers) => {
    await done('pull -q busybox');
    await done(line);
    expect(await lab.list()).toBe(containers);
  });
});

describe('makes anew', () => {
  const changed = { GREETING: 'changed' };

  it.each([
    ['compose create', {}, []],
    ['compose create', changed, ['web']],
    ['compose create --no-recreate', changed, []],
    ['compose create --force-recreate', {}, ['db', 'web']],
    ['compose create --force-recreate web', {}, ['web']],
    ['compose up -d', changed, ['web']],
    ['compose up -d --no-recreate', changed, []],
    ['compose up -d --force-recreate web', {}, ['web']],
    ['compose up -d --always-recreate-deps web', {}, ['db', 'web']],
  ])('docker %s %j', async (line, env, services) => {
    await done('compose up -d');
    const ids = async (): Promise<string[]> => await Promise.all(['db', 'web'].map((name) => lab.inspect(`demo-${name}-1`, '{{.Id}}')));
    const before = await ids();
    await done(line, env);
    const after = await ids();
    expect(['db', 'web'].filter((_, index) => before[index] !== after[index])).toEqual(services);
  });

  it.each([
    ['compose up -d --force-recreate db', true],
    ['compose up -d --force-recreate --renew-anon-volumes db', false],
  ])('docker %s', async (line, isSame) => {
    await done('compose up -d db');
    const volume = (): Promise<string> => lab.inspect('demo-db-1', '{{range .Mounts}}{{.Name}}{{end}}');
    const before = await volume();
    await done(line);
    expect((await volume()) === before).toBe(isSame);
  });

  it.each([
    ['compose up -d --force-recreate db', /\/stop$/],
    ['compose up -d --force-recreate --timeout 3 db', /\/stop\?t=3$/],
  ])('docker %s', async (line, stop) => {
    await done('compose up -d db');
    await done(line);
    expect(lab.asked.filter((request) => request.includes('/stop'))).toEqual([expect.stringMatching(stop)]);
  });
});

describe('with an orphan', () => {
  beforeEach(async () => {
    await done('compose up -d');
    lab.files['/lab/compose.yaml'] = compose.replace('  web:', '  other:');
  });

  it.each([
    ['compose create db', {}, 'warns'],
    ['compose create --remove-orphans db', {}, 'removes'],
    ['compose create db', { COMPOSE_REMOVE_ORPHANS: '1', COMPOSE_IGNORE_ORPHANS: '1' }, 'warns'],
    ['compose up -d db', {}, 'warns'],
    ['compose up -d --remove-orphans db', {}, 'removes'],
    ['compose up -d db', { COMPOSE_REMOVE_ORPHANS: ' True ' }, 'removes'],
    ['compose up -d db', { COMPOSE_REMOVE_ORPHANS: 'yes' }, 'warns'],
    ['compose up -d --remove-orphans=false db', { COMPOSE_REMOVE_ORPHANS: '1' }, 'warns'],
    ['compose up -d db', { COMPOSE_IGNORE_ORPHANS: 'y' }, 'is silent'],
  ])('docker %s %j', async (line, env, what) => {
    const warned = (await done(line, env)).includes('Found orphan containers ([demo-web-1])');
    const removed = !(await lab.list()).includes('demo-web-1');
    expect(removed ? 'removes' : warned ? 'warns' : 'is silent').toBe(what);
  });

  it('says one thing of it only, wherever it is said', async () => {
    lab.files['/lab/.env'] = 'COMPOSE_IGNORE_ORPHANS=true\n';
    expect(await done('compose up -d db')).not.toContain('Found orphan containers');
    const refused = { status: 1, stderr: 'cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans\n' };
    expect(await lab.docker('compose up -d --remove-orphans db')).toMatchObject(refused);
    expect(await lab.docker('compose up -d db', { COMPOSE_REMOVE_ORPHANS: '1' })).toMatchObject(refused);
  });
});

describe('pulls', () => {
  it.each([
    ['compose create db', 0],
    ['compose create --pull always db', 1],
    ['compose create --pull if_not_present db', 0],
    ['compose up -d db', 0],
    ['compose up -d --pull always db', 1],
    ['compose up -d --pull missing db', 0],
  ])('docker %s', async (line, pulls) => {
    await done('pull -q busybox');
    lab.asked.length = 0;
    await done(line);
    expect(countOf('POST /images/create')).toBe(pulls);
  });

  it.each([
    ['compose create db', true],
    ['compose create --quiet-pull db', false],
    ['compose up -d db', true],
    ['compose up -d --quiet-pull db', false],
  ])('docker %s, telling of layers', async (line, layers) => {
    const told = await done(line);
    expect(told).toContain(' db Pulling \n');
    expect(told).toContain(' db Pulled \n');
    expect(told.includes('Pull complete')).toBe(layers);
  });

  it.each(['compose create --pull never db', 'compose up -d --pull never db'])('docker %s', async (line) => {
    expect(await lab.docker(line)).toMatchObject({ status: 1, stderr: expect.stringMatching(/No such image: busybox:latest\n$/) });
    expect(countOf('POST /images/create')).toBe(0);
  });
});

describe('builds', () => {
  it.each([
    ['compose create app', 0],
    ['compose create --build app', 1],
    ['compose up -d app', 0],
    ['compose up -d --build app', 1],
  ])('docker %s, with the image there', async (line, builds) => {
    await done('compose build app');
    lab.asked.length = 0;
    await done(line);
    expect(countOf('POST /build')).toBe(builds);
  });

  it.each(['compose create --no-build app', 'compose up -d --no-build app'])('docker %s', async (line) => {
    expect(await lab.docker(line)).toMatchObject({ status: 1, stderr: expect.stringMatching(/No such image: demo-app:latest\n$/) });
    expect(countOf('POST /build')).toBe(0);
    await done('compose up -d app');
    const id = await lab.inspect('demo-app-1', '{{.Id}}');
    await done(line);
    expect(await lab.inspect('demo-app-1', '{{.Id}}')).toBe(id);
  });
});

describe('waits', () => {
  it.each([
    ['compose up -d well', false],
    ['compose up --wait well', true],
  ])('docker %s', async (line, waits) => {
    expect((await done(line)).includes(' Container demo-well-1  Healthy\n')).toBe(waits);
  });

  it('not for longer than it may', async () => {
    expect(await lab.docker('compose up --wait --wait-timeout 2 ill')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/application not healthy after 2s\n$/),
    });
  });
});
