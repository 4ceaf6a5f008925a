/**
 * The hub's stand-ins on the real machine: whoami answers, mongo keeps its documents on a volume, mongo-express lists them,
 * and each says what it is.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';
import { output as succeed } from './machine/output.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.stop());

const output = (script: string): Promise<string> => succeed(machine, script);

const address = (name: string): Promise<string> =>
  output(`docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${name}`).then((text) => text.trim());

/** Waits until the container's log has the text; the guest does the waiting. */
const logged = (name: string, text: string): Promise<string> =>
  output(
    `for i in $(seq 100); do docker logs ${name} 2>&1 | grep -q '${text}' && exit 0; sleep 0.2; done; docker logs ${name} >&2; exit 1`,
  );

const mongosh = (name: string, statements: string, options = ''): Promise<string> =>
  output(`docker exec ${name} mongosh --quiet ${options} --eval '${statements}'`);

test('each says in its labels that it is a stand-in', async () => {
  for (const image of ['traefik/whoami', 'mongo', 'mongo-express']) {
    await output(`docker pull -q ${image}`);
    const labels = JSON.parse(await output(`docker image inspect -f '{{json .Config.Labels}}' ${image}`)) as Record<string, string>;
    expect(labels).toMatchObject({
      'dev.drydock.stand-in': 'true',
      'org.opencontainers.image.description': expect.stringMatching(`^A stand-in for ${image}, made for Drydock: `) as string,
    });
  }
  const sizes = await output(`docker image ls --format '{{.Repository}} {{.Size}}'`);
  expect(sizes).toMatch(/^traefik\/whoami \d+(\.\d+)?kB$/m);
});

test('whoami answers at its address with host name, addresses and the request', async () => {
  await output('docker run -q -d --name who -h quay traefik/whoami --name berth');
  const ip = await address('who');
  await logged('who', 'Starting up on port 80');
  const lines = (await output(`curl -s -H 'X-Test: yes' http://${ip}/some?x=1`)).split('\n').map((line) => line.trimEnd());
  expect(lines).toEqual(
    expect.arrayContaining([
      'Name: berth',
      'Hostname: quay',
      'IP: 127.0.0.1',
      `IP: ${ip}`,
      'GET /some?x=1 HTTP/1.1',
      `Host: ${ip}`,
      'X-Test: yes',
    ]),
  );
  expect(lines.find((line) => line.startsWith('RemoteAddr: '))).toMatch(/^RemoteAddr: 172\.17\.0\.1:\d+$/);
  expect(JSON.parse(await output(`curl -s http://${ip}/api`))).toMatchObject({
    hostname: 'quay',
    method: 'GET',
    url: '/api',
    name: 'berth',
  });
  expect(await output(`curl -s -o /dev/null -w '%{http_code}' http://${ip}/health`)).toBe('200');
  // It ends at once when asked to, as a first process with handlers of its own.
  expect(await output('time=$(date +%s); docker stop who; [ $(($(date +%s) - time)) -lt 5 ]')).toBe('who\n');
  expect(await output(`docker inspect -f '{{.State.ExitCode}}' who; docker rm who`)).toBe('0\nwho\n');
});

describe('mongo', () => {
  test('insert and find by exec, and the data outlives the container on its volume', async () => {
    await output('docker run -q -d --name db -v docs:/data/db mongo');
    await logged('db', 'Waiting for connections');
    expect(await output('docker logs db')).toContain("Drydock's own small stand-in for MongoDB, not MongoDB");
    expect(await mongosh('db', 'db.x.insertOne({_id: 1, a: "b"})')).toBe('{ acknowledged: true, insertedId: 1 }\n');
    await mongosh('db', 'db.x.insertMany([{_id: 2, a: "c"}, {_id: 3, a: "d", n: {m: [1, 2]}}])');
    expect(await mongosh('db', 'db.x.find({_id: {$gt: 1}}).sort({_id: -1})')).toBe(
      "[ { _id: 3, a: 'd', n: { m: [ 1, 2 ] } }, { _id: 2, a: 'c' } ]\n",
    );
    expect(await mongosh('db', 'db.x.updateOne({_id: 2}, {$set: {a: "e"}, $inc: {k: 5}}); db.x.findOne({_id: 2})')).toBe(
      "{ _id: 2, a: 'e', k: 5 }\n",
    );
    await output('docker kill db; docker rm db');

    await output('docker run -q -d --name db2 -v docs:/data/db mongo:7');
    await logged('db2', 'Waiting for connections');
    expect(await mongosh('db2', 'db.x.countDocuments()')).toBe('3\n');
    expect(await mongosh('db2', 'show dbs')).toMatch(/^test +\d+\.\d\d KiB\n$/);
    // A second server on the same data is refused, as the first would lose its writes.
    const { status } = await shell(machine, 'docker run -q --rm -v docs:/data/db mongo');
    expect(status).toBe(100);
    await output('docker rm -f db2');
  });

  test('with a root user, only who knows the password is let in', async () => {
    await output('docker run -q -d --name locked -e MONGO_INITDB_ROOT_USERNAME=root -e MONGO_INITDB_ROOT_PASSWORD=secret mongo');
    await logged('locked', 'Waiting for connections');
    expect(await shell(machine, `docker exec locked mongosh --quiet --eval 'show dbs'`)).toMatchObject({ status: 1, stdout: '' });
    expect(await shell(machine, `docker exec locked mongosh --quiet -u root -p wrong --eval 'show dbs'`)).toMatchObject({
      status: 1,
      stderr: 'MongoServerError: Authentication failed.\n',
    });
    expect(await mongosh('locked', 'db.x.insertOne({_id: 1}); db.x.countDocuments()', '-u root -p secret')).toBe('1\n');

    await output(
      `docker run -q -d --name page -e ME_CONFIG_MONGODB_SERVER=${await address('locked')} -e ME_CONFIG_MONGODB_ADMINUSERNAME=root -e ME_CONFIG_MONGODB_ADMINPASSWORD=secret -e ME_CONFIG_BASICAUTH_USERNAME=me -e ME_CONFIG_BASICAUTH_PASSWORD=too mongo-express`,
    );
    await logged('page', 'server listening at http://0.0.0.0:8081');
    const page = `http://${await address('page')}:8081`;
    expect(await output(`curl -s -o /dev/null -w '%{http_code}' ${page}/`)).toBe('401');
    expect(await output(`curl -s -u me:too ${page}/`)).toContain('<a href="./db/test/">test</a>');
    expect(await output(`curl -s -u me:too ${page}/db/test/`)).toContain('<a href="../../db/test/x">x</a></td><td>1</td>');
    expect(await output(`curl -s -u me:too ${page}/db/test/x`)).toContain('_id: 1');
    await output('docker rm -f page locked');
  });

  test('scripts of docker-entrypoint-initdb.d fill an empty directory, once', async () => {
    await output(`mkdir -p init && echo 'db.seeds.insertMany([{_id: 1}, {_id: 2}]); print("seeded")' > init/seeds.js`);
    await output('docker run -q -d --name fresh -e MONGO_INITDB_DATABASE=garden -v $PWD/init:/docker-entrypoint-initdb.d:ro mongo');
    await logged('fresh', 'seeded');
    await logged('fresh', '"address":"0.0.0.0"');
    expect(await mongosh('fresh', 'db.getSiblingDB("garden").seeds.countDocuments()')).toBe('2\n');
    await output('docker restart -t 5 fresh');
    expect(await output(`sleep 1; docker logs fresh | grep -c seeded`)).toBe('1\n');
    await output('docker rm -f fresh');
  });

  test('mongo-express waits for a server that is not there yet, and gives up when none comes', async () => {
    const { stdout, stderr, status } = await shell(machine, 'docker run -q --rm -e ME_CONFIG_MONGODB_SERVER=127.0.0.1 mongo-express');
    expect(status).toBe(1);
    expect(stdout).toContain('Waiting for 127.0.0.1:27017...\n');
    expect(stdout).toContain('retrying to connect to 127.0.0.1:27017 (2/10)');
    expect(stderr).toBe(
      'Could not connect to database using connectionString: mongodb://127.0.0.1:27017/\nconnect ECONNREFUSED 127.0.0.1:27017\n',
    );
  });
});
