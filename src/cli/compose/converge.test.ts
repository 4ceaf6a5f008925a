/** `docker compose up`, `down` and what is between, against the engine: what is made, what stays, what is told of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ComposeLab } from '../../../test/compose-lab.ts';

const compose = `name: demo
services:
  web:
    image: busybox
    command: ["sh","-c","echo web up; sleep 1000"]
    ports: ["8080:80"]
    environment: {GREETING: "\${GREETING:-hi}"}
    depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully}}
    networks: [front, back]
    volumes: ["data:/data"]
  db:
    image: busybox
    command: sh -c "touch /ready; sleep 1000"
    healthcheck: {test: ["CMD","test","-f","/ready"], interval: 1s, retries: 10}
    networks: {back: {aliases: [database]}}
    stop_grace_period: 1s
  init: {image: busybox, command: echo init done, networks: [back]}
  app: {image: busybox, command: sleep 1000, networks: [front]}
networks: {front: {}, back: {internal: true}}
volumes: {data: {}}
`;

let lab: ComposeLab;
const docker: ComposeLab['docker'] = (...args) => lab.docker(...args);

beforeEach(async () => {
  lab = await ComposeLab.open(compose);
});

/** What was told, in the order of things, not of time: side by side they may come either way. */
async function told(line: string, env: Record<string, string> = {}): Promise<string[]> {
  const { stderr, status, stdout } = await docker(line, env);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  return stderr.trimEnd().split('\n').sort();
}

const list = (): Promise<string> => lab.list();
const idOf = (name: string): Promise<string> => lab.inspect(name, '{{.Id}}');
const running = 'demo-app-1=running demo-db-1=running demo-init-1=exited demo-web-1=running';

describe('a project', () => {
  beforeEach(async () => {
    await docker('pull -q busybox');
  });

  it('comes up in order, and is left alone when it is as it should be', async () => {
    const { stderr, status } = await docker('compose up -d');
    expect(status).toBe(0);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.slice(0, 6)).toEqual([
      ' Network demo_back  Creating',
      ' Network demo_back  Created',
      ' Network demo_front  Creating',
      ' Network demo_front  Created',
      ' Volume "demo_data"  Creating',
      ' Volume "demo_data"  Created',
    ]);
    const at = (line: string): number => lines.indexOf(` Container demo-${line}`);
    const order = [
      'db-1  Creating',
      'db-1  Created',
      'web-1  Creating',
      'web-1  Created',
      'db-1  Started',
      'db-1  Waiting',
      'db-1  Healthy',
    ];
    const positions = [...order, 'web-1  Starting', 'web-1  Started'].map(at);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(at('init-1  Exited')).toBeLessThan(at('web-1  Starting'));
    expect(positions).not.toContain(-1);
    expect(await list()).toBe(running);
    const aliases = await docker("inspect -f '{{.NetworkSettings.Networks.demo_back.Aliases}}' demo-db-1");
    expect(aliases.stdout).toBe('[demo-db-1 db database]\n');

    expect(await told('compose up -d')).toEqual(
      [
        ...['app', 'db', 'web'].map((name) => ` Container demo-${name}-1  Running`),
        ...[
          'init-1  Created',
          'init-1  Starting',
          'init-1  Started',
          'init-1  Waiting',
          'init-1  Exited',
          'db-1  Waiting',
          'db-1  Healthy',
        ].map((what) => ` Container demo-${what}`),
      ].sort(),
    );
  });

  it('has only those recreated that changed, with their volumes', async () => {
    await docker('compose up -d');
    const before = { web: await idOf('demo-web-1'), db: await idOf('demo-db-1') };
    const lines = await told('compose up -d web', { GREETING: 'changed' });
    expect(lines).toEqual(
      expect.arrayContaining([' Container demo-web-1  Recreate', ' Container demo-web-1  Recreated', ' Container demo-db-1  Running']),
    );
    expect(await list()).toBe(running);
    expect(await idOf('demo-db-1')).toBe(before.db);
    expect(await idOf('demo-web-1')).not.toBe(before.web);
    expect((await docker('inspect -f {{.Config.Env}} demo-web-1')).stdout).toContain('GREETING=changed');
    expect((await docker("inspect -f '{{range .Mounts}}{{.Name}}{{end}}' demo-web-1")).stdout).toBe('demo_data\n');
    expect((await told('compose up -d --force-recreate app')).filter((line) => line.includes('app'))).toEqual([
      ' Container demo-app-1  Recreate',
      ' Container demo-app-1  Recreated',
      ' Container demo-app-1  Started',
      ' Container demo-app-1  Starting',
    ]);
  });

  it('grows and shrinks', async () => {
    await docker('compose up -d app');
    await told('compose up -d --scale app=3 app');
    expect(await list()).toBe('demo-app-1=running demo-app-2=running demo-app-3=running');
    expect(await told('compose scale app=2')).toContain(' Container demo-app-3  Removed');
    expect(await list()).toBe('demo-app-1=running demo-app-2=running');
    expect(await docker('compose scale app')).toMatchObject({ status: 1, stderr: 'invalid scale specifier: app\n' });
    expect(await docker('compose up -d --scale app=x')).toMatchObject({
      status: 1,
      stderr: 'strconv.Atoi: parsing "x": invalid syntax\n',
    });
  });

  it('is stopped, started, restarted, killed and removed', async () => {
    await docker('compose up -d app db');
    expect(await told('compose stop app')).toEqual([' Container demo-app-1  Stopped', ' Container demo-app-1  Stopping']);
    expect(await told('compose start app')).toEqual([' Container demo-app-1  Started', ' Container demo-app-1  Starting']);
    expect(await told('compose restart -t 0 db')).toEqual([' Container demo-db-1  Restarting', ' Container demo-db-1  Started']);
    expect(await told('compose kill app')).toEqual([' Container demo-app-1  Killed', ' Container demo-app-1  Killing']);
    expect((await docker('compose rm app', {}, 'n\n')).stdout).toBe('Going to remove demo-app-1');
    expect(await docker('compose rm -f app')).toMatchObject({
      stdout: 'Going to remove demo-app-1\n',
      stderr: ' Container demo-app-1  Removing\n Container demo-app-1  Removed\n',
    });
    expect(await docker('compose rm -f')).toMatchObject({ status: 0, stderr: 'No stopped containers\n' });
    expect(await told('compose create app')).toEqual([' Container demo-app-1  Created', ' Container demo-app-1  Creating']);
    expect(await list()).toBe('demo-app-1=created demo-db-1=running');
  });

  it('goes down; volumes and images only when that is said', async () => {
    await docker('compose up -d');
    const lines = await told('compose down');
    expect(lines).toEqual(
      expect.arrayContaining([' Container demo-web-1  Removed', ' Network demo_back  Removed', ' Network demo_front  Removed']),
    );
    expect((await docker('volume ls -q')).stdout).toBe('demo_data\n');
    expect(await told('compose down -v --rmi all')).toEqual([
      ' Image busybox:latest  Removed',
      ' Image busybox:latest  Removing',
      ' Volume demo_data  Removed',
      ' Volume demo_data  Removing',
    ]);
    expect((await docker('images -q')).stdout).toBe('');
    lab.files['/lab/compose.yaml'] = 'name: none\nservices: {a: {image: busybox, network_mode: none}}\n';
    expect(await docker('compose down')).toMatchObject({ status: 0, stderr: 'Warning: No resource found to remove for project "none".\n' });
  });

  it('is known by its name alone', async () => {
    await docker('compose up -d');
    delete lab.files['/lab/compose.yaml'];
    expect(await docker('compose stop')).toMatchObject({ status: 14, stderr: 'no configuration file provided: not found\n' });
    expect(await told('compose -p demo stop')).toContain(' Container demo-web-1  Stopped');
    expect(await told('compose -p demo start')).toContain(' Container demo-web-1  Started');
    expect(await told('compose -p demo down -v')).toEqual(
      expect.arrayContaining([' Network demo_back  Removed', ' Volume demo_data  Removed']),
    );
    expect(await list()).toBe('');
  });

  it('warns of orphans, and removes them when told', async () => {
    await docker('compose up -d app');
    lab.files['/lab/compose.yaml'] = compose.replace('  app:', '  other:');
    const { stderr } = await docker('compose up -d db');
    expect(stderr).toContain('Found orphan containers ([demo-app-1]) for this project.');
    await docker('compose up -d --remove-orphans db');
    expect(await list()).toBe('demo-db-1=running');
  });
});
