/**
 * The shipped images on the real machine: pulled, started as people start them, and asked for what they are there for. Containers
 * are reached from the node by their own addresses.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.stop());

/** Standard output of a command line that succeeds. */
async function output(command: string): Promise<string> {
  const { stdout, stderr, status } = await shell(machine, command);
  expect({ command, status, stderr }).toMatchObject({ status: 0 });
  return stdout.trim();
}

/** Starts a container and tells its address. */
async function start(name: string, command: string): Promise<string> {
  await output(`docker run -d -q --name ${name} ${command}`);
  return output(`docker inspect -f '{{.NetworkSettings.IPAddress}}' ${name}`);
}

/** Asks again until the answer comes, for as long as a slow computer may need. */
async function eventually(command: string, expected: RegExp | string): Promise<void> {
  await expect.poll(async () => (await shell(machine, command)).stdout, { timeout: 120_000, interval: 500 }).toMatch(expected);
}

test('debian has a package database that knows what is in it, and apt', async () => {
  const packages = await output("docker run --rm -q debian:bookworm-slim dpkg-query -W -f '${Package} ${db:Status-Abbrev}\\n'");
  expect(packages).toContain('perl-base ii');
  expect(packages.split('\n').filter((line) => !/ ii\s*$/.test(line))).toEqual([]);
  expect(await output('docker run --rm debian:12-slim apt-cache policy dpkg')).toMatch(/Installed: 1\.\d+/);
  expect(await output('docker image inspect -f \'{{index .Config.Labels "dev.drydock.debian.sources"}}\' debian:12-slim')).toMatch(
    /glibc 2\.36/,
  );
});

test('nginx serves its page and takes one of ours, and logs to the container', async () => {
  const address = await start('web', 'nginx');
  await eventually(`wget -qO- http://${address}`, 'nginx is running');
  await output(
    'echo "<h1>ours</h1>" > /root/index.html; docker exec -i web sh -c "cat > /usr/share/nginx/html/index.html" < /root/index.html',
  );
  expect(await output(`wget -qO- http://${address}`)).toBe('<h1>ours</h1>');
  expect(await output('docker logs web')).toContain('"GET / HTTP/1.1" 200');
  await output('docker stop web');
  expect(await output("docker inspect -f '{{.State.ExitCode}}' web")).toBe('0');
});

test('redis keeps keys for other containers, and does not run as root', async () => {
  const address = await start('cache', 'redis:7');
  await eventually('docker exec cache redis-cli ping', 'PONG');
  expect(await output(`docker run --rm -q redis redis-cli -h ${address} set colour blue`)).toBe('OK');
  expect(await output('docker exec cache redis-cli get colour')).toBe('blue');
  expect(await output('docker exec cache stat -c %U /proc/1')).toBe('redis');
  await output('docker rm -f cache');
});

test('httpd serves its page from the folder that the official image has', async () => {
  const address = await start('apache', 'httpd:2.4');
  await eventually(`wget -qO- http://${address}`, '/usr/local/apache2/htdocs');
  expect(await output('docker logs apache 2>&1')).toContain('"GET / HTTP/1.1" 200');
  expect(await output('docker exec apache httpd -v')).toContain('Apache/2.4');
  await output('docker rm -f apache');
});

test('registry speaks the distribution protocol', async () => {
  const address = await start('registry', 'registry:2');
  await eventually(`wget -S -qO- http://${address}:5000/v2/ 2>&1`, /registry\/2\.0/);
  expect(await output(`wget -qO- http://${address}:5000/v2/_catalog`)).toBe('{"repositories":[]}');
  await output('docker rm -f registry');
});

test('postgres asks for a password, then sets itself up and answers queries', async () => {
  const refused = await shell(machine, 'docker run --rm -q postgres');
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('POSTGRES_PASSWORD') });
  const address = await start('db', '-e POSTGRES_PASSWORD=secret -e POSTGRES_USER=ada -e POSTGRES_DB=shop postgres:15');
  await eventually('docker logs db 2>&1', 'ready to accept connections');
  await output('docker exec db psql -U ada shop -c "create table t (a int)" -c "insert into t values (41), (1)"');
  const query = `psql -h ${address} -U ada -d shop -Atc "select sum(a) from t"`;
  expect(await output(`docker run --rm -e PGPASSWORD=secret postgres:15 ${query}`)).toBe('42');
  expect(await shell(machine, `docker run --rm -e PGPASSWORD=wrong postgres:15 ${query}`)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('password authentication failed'),
  });
  await output('docker stop db');
});
