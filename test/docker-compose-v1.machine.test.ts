/**
 * Debian's docker-compose 1.29 against `drydock serve`: another client (docker-py), an older API, other habits on the
 * wire. Expectations are what it prints at Docker.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { needProgram } from './machine/debian-package.ts';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';
import type { Printed } from './machine/node-machine.ts';

let host: DockerHost;
let folder: string;

const files = {
  'docker-compose.yml': `
version: "3.8"
services:
  web:
    build: ./web
    ports: ["8080:80"]
    depends_on: [redis]
  redis:
    image: redis
    volumes: ["data:/data"]
volumes:
  data:
`,
  'web/Dockerfile': 'FROM nginx\nCOPY index.html /usr/share/nginx/html/\n',
  'web/index.html': 'Welcome to the shop\n',
};

beforeAll(async () => {
  needProgram('docker-compose', 'version', ['docker-compose']);
  folder = await mkdtemp(join(tmpdir(), 'compose-'));
  await mkdir(join(folder, 'shop/web'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'shop', name), text);
  host = await serveDocker();
});
afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true, force: true });
});

async function compose(command: string, ...more: string[]): Promise<Printed> {
  // Without COMPOSE_DOCKER_CLI_BUILD=0 it calls `docker build`; it is docker-py that is to be tried.
  const env = { ...process.env, ...host.environment, COMPOSE_DOCKER_CLI_BUILD: '0', COLUMNS: '120' };
  const child = spawn('docker-compose', ['--ansi', 'never', ...command.split(' '), ...more], {
    cwd: join(folder, 'shop'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: Printed = { stdout: '', stderr: '', status: -1 };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  const [status] = (await once(child, 'close')) as [number | null];
  // Lines of its progress end so, terminal or not.
  return { ...printed, stderr: printed.stderr.replaceAll('\r\n', '\n'), status: status ?? -1 };
}

/** Standard output of a command that succeeds. */
async function output(command: string, ...more: string[]): Promise<string> {
  const { stdout, stderr, status } = await compose(command, ...more);
  expect({ stderr, status }).toMatchObject({ status: 0 });
  return stdout;
}

/** A container that has started may not have come as far as to listen. */
const redisAnswers = 'until redis-cli ping >/dev/null 2>&1; do sleep 0.1; done';

const docker = async (...args: string[]): Promise<string> => (await host.docker(args)).stdout;

test('it is the Compose that is written in Python', async () => {
  expect(await output('version')).toMatch(/^docker-compose version 1\.29\.\d.*\ndocker-py version: 5\./);
});

test('up builds, pulls, makes network and volume, and starts in order', async () => {
  const { stdout, stderr, status } = await compose('up -d');
  expect(stderr.split('\n')).toEqual([
    'Creating network "shop_default" with the default driver',
    'Creating volume "shop_data" with default driver',
    'Pulling redis (redis:)...',
    'Building web',
    expect.stringMatching(/^Image for service web was built because it did not already exist\./),
    'Creating shop_redis_1 ... ',
    'Creating shop_redis_1 ... done',
    'Creating shop_web_1   ... ',
    'Creating shop_web_1   ... done',
    '',
  ]);
  expect(stdout).toMatch(/^latest: Pulling from library\/redis\nDigest: sha256:\w{64}\nStatus: Downloaded newer image for redis:latest\n/);
  expect(stdout).toMatch(
    /Step 2\/2 : COPY index\.html .*\n ---> \w{12}\n\nSuccessfully built \w{12}\nSuccessfully tagged shop_web:latest\n$/,
  );
  expect(status).toBe(0);
  expect((await compose('up -d')).stderr).toBe('shop_redis_1 is up-to-date\nshop_web_1 is up-to-date\n');
});

test('ps and port', async () => {
  const [, , redis, web] = (await output('ps')).split('\n');
  expect(redis).toMatch(/^shop_redis_1 +docker-entrypoint\.sh redis \.\.\. +Up +6379\/tcp +$/);
  expect(web).toMatch(/^shop_web_1 +\/docker-entrypoint\.sh ngin \.\.\. +Up +0\.0\.0\.0:8080->80\/tcp,:::8080->80\/tcp$/);
  expect(await output('port web 80')).toBe('0.0.0.0:8080\n');
});

test('exec and run: what goes over an upgraded connection, and its status', async () => {
  expect(await output('exec -T redis sh -c', `${redisAnswers}; redis-cli ping`)).toBe('PONG\n');
  expect(await output('exec -T web bash -c', 'exec 3<>/dev/tcp/redis/6379; echo PING >&3; head -1 <&3')).toBe('+PONG\r\n');
  expect(await compose('exec -T web sh -c', 'echo no >&2; exit 3')).toEqual({ stdout: '', stderr: 'no\n', status: 3 });
  expect(await output('run --rm -T redis redis-cli -h redis incr visits')).toBe('1\n');
  expect(await docker('run', '--rm', '--network', 'host', 'busybox', 'wget', '-qO-', 'localhost:8080')).toBe('Welcome to the shop\n');
});

test('logs', async () => {
  const printed = await output('logs');
  expect(printed).toMatch(/^Attaching to shop_\w+, shop_\w+\n/);
  expect(printed).toMatch(/^redis_1 +\| 1:M .* \* Ready to accept connections$/m);
  expect(printed).toMatch(/^web_1 +\| .*"GET \/ HTTP\/1\.\d" 200 20 /m);
});

test('stop, start, and down leaves nothing', async () => {
  expect((await compose('stop redis')).stderr).toBe('Stopping shop_redis_1 ... \nStopping shop_redis_1 ... done\n');
  expect(await output('ps')).toMatch(/^shop_redis_1 .* Exit 0 +$/m);
  expect((await compose('start redis')).stderr).toBe('Starting redis ... \nStarting redis ... done\n');
  // Redis kept its data over the restart, in the volume.
  expect(await output('exec -T redis sh -c', `${redisAnswers}; redis-cli incr visits`)).toBe('2\n');
  const { stderr, status } = await compose('down -v --rmi local');
  expect(stderr.split('\n').sort()).toEqual(
    [
      ...['web_1  ', 'redis_1'].flatMap((name) =>
        ['Stopping', 'Removing'].flatMap((what) => [`${what} shop_${name} ... `, `${what} shop_${name} ... done`]),
      ),
      'Removing network shop_default',
      'Removing volume shop_data',
      'Removing image shop_web',
      '',
    ].sort(),
  );
  expect(status).toBe(0);
  expect(await docker('ps', '-aq')).toBe('');
  expect(await docker('volume', 'ls', '-q')).toBe('');
  expect(await docker('network', 'ls', '--format', '{{.Name}}')).toBe('bridge\nhost\nnone\n');
  expect((await docker('images', '--format', '{{.Repository}}')).split('\n').sort().join(' ')).toBe(' busybox nginx redis');
});
