/**
 * Docker Compose on the real machine: services that find each other, a port that answers, an image that is built; and
 * the two files of the course notes, first with their slips, then without.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell, type Printed } from './machine/node-machine.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.stop());

async function output(script: string): Promise<string> {
  const { stdout, stderr, status } = await shell(machine, script);
  expect({ script, status, stderr: status === 0 ? '' : stderr }).toEqual({ script, status: 0, stderr: '' });
  return stdout;
}

/** In the project's directory. */
const inProject = (name: string, script: string): Promise<Printed> => shell(machine, `cd /root/${name} && ${script}`);

async function project(name: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = `/root/${name}/${path}`;
    await output(`mkdir -p $(dirname ${file}) && cat > ${file} <<'END'\n${text}END\n`);
  }
}

test('services come up, are reached, reach each other by name, and go', async () => {
  await project('shop', {
    'compose.yaml': `services:
  web:
    image: nginx
    ports: ["8080:80"]
    depends_on: {store: {condition: service_healthy}}
    configs: [{source: page, target: /usr/share/nginx/html/index.html}]
  store:
    image: redis:alpine
    healthcheck: {test: ["CMD", "redis-cli", "ping"], interval: 1s, retries: 20}
configs: {page: {content: "to the shop\\n"}}
`,
  });
  const up = await inProject('shop', 'docker compose --progress plain up -d --quiet-pull');
  expect(up).toMatchObject({ status: 0, stdout: '' });
  expect(up.stderr).toContain(' Container shop-store-1  Healthy\n Container shop-web-1  Starting\n Container shop-web-1  Started\n');
  expect(await output('for i in $(seq 60); do curl -sf localhost:8080 && break; sleep 0.2; done')).toBe('to the shop\n');
  const ps = await inProject('shop', 'docker compose ps');
  expect(ps.stdout).toMatch(/shop-store-1 +redis:alpine .* store .*\(healthy\)/);
  expect(ps.stdout).toMatch(/shop-web-1 +nginx .* web .* 0\.0\.0\.0:8080->80\/tcp/);
  expect(
    await inProject('shop', 'docker compose exec -T web getent hosts store || docker compose exec -T store getent hosts web'),
  ).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('172.18.0.') as string,
  });
  expect((await inProject('shop', 'docker compose logs store')).stdout).toMatch(/store-1 {2}\| /);
  const down = await inProject('shop', 'docker compose --progress plain down -t 1');
  expect(down).toMatchObject({ status: 0, stderr: expect.stringContaining(' Network shop_default  Removed\n') as string });
  expect(await output('docker ps -aq')).toBe('');
});

test("the notes' first file: its slip, and without it", async () => {
  const text = `version: '3'
services:
   web:
     image: nginx
     port:
     - '8080:80'
   redis:
     image: redis:alpine
`;
  await project('first', { 'docker-compose.yaml': text });
  const slip = await inProject('first', 'docker-compose up -d');
  expect(slip).toMatchObject({ status: 15, stdout: '' });
  expect(slip.stderr).toContain('validating /root/first/docker-compose.yaml: services.web Additional property port is not allowed');
  await project('first', { 'docker-compose.yaml': text.replace('port:', 'ports:') });
  expect(await inProject('first', 'docker-compose up -d --quiet-pull')).toMatchObject({ status: 0 });
  expect(await output('for i in $(seq 60); do curl -sf localhost:8080 && break; sleep 0.2; done')).toContain('nginx');
  expect((await inProject('first', 'docker-compose ps')).stdout).toMatch(/first-redis-1[^]*first-web-1/);
  expect(await inProject('first', 'docker-compose down -t 1')).toMatchObject({ status: 0 });
});

test("the notes' second file: its slips, and without them mongo's data outlives its container", async () => {
  const noted = `version: '3'
services:
  mongodb:
    image: mongo
    ports:
     - "27017:27017"
    environment:
     - USERNAME: admin
     - PASS: password
    volumes:
     mymongo-data: /data/db
  mongo-express:
    image: mongo-express
    ports:
     - "27017:27017"
    environment:
     - USERNAME: admin
     - PASS: password
     - mongo-server: mongodb
Volumes:
  mymongo-data:
     driver: local
`;
  const upWith = async (text: string): Promise<Printed> => {
    await project('second', { 'docker-compose.yaml': text });
    return inProject('second', 'docker-compose --progress plain up -d --quiet-pull');
  };
  const refused = (message: string): object => ({ status: 15, stderr: `${message}\n` });
  expect(await upWith(noted)).toMatchObject(refused('services.mongodb.environment.[0]: unexpected type map[string]interface {}'));
  const listed = noted.replaceAll(/- (USERNAME|PASS|mongo-server): /g, '- $1=');
  const place = 'validating /root/second/docker-compose.yaml';
  expect(await upWith(listed)).toMatchObject(refused(`${place}: services.mongodb.volumes must be a list`));
  const mounted = listed.replace('mymongo-data: /data/db', '- mymongo-data:/data/db');
  expect(await upWith(mounted)).toMatchObject(refused(`${place}: (root) Additional property Volumes is not allowed`));
  const clash = await upWith(mounted.replace('Volumes:', 'volumes:'));
  expect(clash).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/0\.0\.0\.0:27017 failed: port is already allocated\n$/) as string,
  });
  expect(await inProject('second', 'docker-compose up -f docker-compose.yaml')).toMatchObject({
    status: 16,
    stderr: "unknown shorthand flag: 'f' in -f\n",
  });

  const fixed = mounted
    .replace('Volumes:', 'volumes:')
    .replace(/("27017:27017")([^]*)"27017:27017"/, '$1$2"8081:8081"')
    .replace('mongo-server=', 'ME_CONFIG_MONGODB_SERVER=');
  await project('second', { 'docker-compose.yaml': fixed });
  expect(await inProject('second', 'docker-compose up -d --quiet-pull')).toMatchObject({ status: 0 });
  const ask = (statement: string): Promise<Printed> =>
    inProject(
      'second',
      `for i in $(seq 50); do docker compose logs mongodb | grep -q "Waiting for connections" && break; sleep 0.2; done; docker compose exec -T mongodb mongosh --quiet --eval '${statement}'`,
    );
  expect((await ask('db.things.insertOne({_id: 1, name: "kept"})')).stdout).toContain('acknowledged');
  expect(await inProject('second', 'docker-compose down -t 2 && docker-compose up -d')).toMatchObject({ status: 0 });
  expect(await ask('db.things.findOne({_id: 1})')).toMatchObject({ status: 0, stdout: "{ _id: 1, name: 'kept' }\n" });
  const page = 'curl -s -o /dev/null -w "%{http_code}" -u admin:pass localhost:8081';
  expect(await output(`for i in $(seq 60); do code=$(${page}) && break; sleep 0.2; done; echo $code`)).toBe('200\n');
  expect(await inProject('second', 'docker-compose down -v -t 1')).toMatchObject({ status: 0 });
  // Anonymous volumes of containers that went without `-v` stay, as at Docker.
  expect(await output('docker volume ls -q')).not.toContain('mymongo-data');
});

test('what is edited comes into a container that is watched, which restarts where that is wanted', async () => {
  await project('site', {
    'compose.yaml': `services:
  web:
    build: .
    command: sh -c "cat /conf; exec sleep 1000"
    stop_grace_period: 0s
    develop:
      watch:
        - {action: sync, path: ./pages, target: /pages}
        - {action: sync+restart, path: ./conf, target: /conf}
`,
    Dockerfile: 'FROM busybox\nCOPY pages /pages\nCOPY conf /conf\n',
    'pages/a': 'one\n',
    conf: 'first\n',
  });
  const waitFor = (command: string): string => `for i in $(seq 100); do ${command} && break; sleep 0.1; done`;
  await inProject('site', '(docker compose watch >watch.log 2>&1 & echo $! >watch.pid)');
  await inProject('site', waitFor('grep -q "Watch enabled" watch.log'));
  await inProject('site', 'echo two >pages/a; mkdir pages/more; echo new >pages/more/b');
  const seen = 'docker compose exec -T web cat /pages/a /pages/more/b';
  expect((await inProject('site', `${waitFor(`${seen} 2>/dev/null | grep -q new`)}; ${seen}`)).stdout).toBe('two\nnew\n');
  await inProject('site', 'echo second >conf');
  expect((await inProject('site', `${waitFor('docker compose logs web | grep -q second')}; docker logs site-web-1`)).stdout).toBe(
    'first\nsecond\n',
  );
  const ended = await inProject('site', `kill -INT $(cat watch.pid); ${waitFor('grep -q canceled watch.log')}; grep -c Syncing watch.log`);
  expect(ended).toMatchObject({ status: 0, stdout: '2\n' });
  await inProject('site', 'docker compose down -t 0 --rmi all');
});
