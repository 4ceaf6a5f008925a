/** The daemon as a service of the node: what it is told, what its restart does to containers, and how it fails to start. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';
import { output as succeed } from './machine/output.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
  await output('docker pull -q busybox');
});
afterAll(() => machine.stop());

const output = (script: string): Promise<string> => succeed(machine, script);

const run = (name: string, policy: string): string =>
  `docker run -d --name ${name} --restart ${policy} --stop-signal KILL busybox sleep 1000 >/dev/null`;
const cannotConnect = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n';
const lastLine = 'tail -n 1 /var/log/docker.log';

test('restart policies decide what a restart of the engine brings back', async () => {
  await output(
    `${run('always', 'always')}; ${run('never', 'no')}; ${run('unless', 'unless-stopped')}; ${run('stopped', 'unless-stopped')}`,
  );
  expect(await output('docker stop stopped; service docker restart; docker ps --format {{.Names}} | sort')).toBe(
    'stopped\nStopping Docker: docker.\nStarting Docker: docker.\nalways\nunless\n',
  );
  await output('docker rm -f always never unless stopped');
});

test.each(['service docker', 'systemctl'])('%s stops and starts it', async (command) => {
  const [stop, start, status] =
    command === 'systemctl'
      ? ['stop', 'start', 'is-active'].map((verb) => `systemctl ${verb} docker`)
      : ['stop', 'start', 'status'].map((verb) => `service docker ${verb}`);
  await shell(machine, stop ?? '');
  expect(await shell(machine, 'docker ps')).toEqual({ stdout: '', stderr: cannotConnect, status: 1 });
  expect((await shell(machine, status ?? '')).status).toBe(3);
  await output(start ?? '');
  expect((await shell(machine, status ?? '')).status).toBe(0);
  await output('docker ps');
});

test('the file is read at its start, and info tells what was in it', async () => {
  const file = {
    'log-driver': 'local',
    labels: ['room=1'],
    'default-address-pools': [{ base: '10.50.0.0/16', size: 24 }],
    bip: '10.9.0.1/24',
    'insecure-registries': ['reg:5000'],
  };
  const ask = "docker info --format '{{.LoggingDriver}} {{.Labels}}'";
  await output(`echo '${JSON.stringify(file)}' > /etc/docker/daemon.json`);
  expect(await output(ask)).toBe('json-file []\n');
  await output('service docker restart');
  expect(await output(ask)).toBe('local [room=1]\n');
  expect(
    await output("docker network create pool >/dev/null; docker network inspect pool --format '{{(index .IPAM.Config 0).Subnet}}'"),
  ).toContain('10.50.0.0/24\n');
  expect(await output('docker run --rm busybox sh -c "ip route | head -1"; docker network rm pool')).toBe(
    'default via 10.9.0.1 dev eth0 \npool\n',
  );
});

test('with live-restore what runs goes on while the daemon is away', async () => {
  await output(`echo '{"live-restore": true}' > /etc/docker/daemon.json; service docker restart; ${run('lives', 'no')}`);
  const started = "docker inspect lives --format '{{.State.Pid}} {{.State.StartedAt}}'";
  const before = await output(started);
  expect(await output(`service docker stop; ps | grep -c '[s]leep 1000'; service docker start; ${started}`)).toBe(
    `Stopping Docker: docker.\n1\nStarting Docker: docker.\n${before}`,
  );
  expect(await output('docker exec lives echo here; docker rm -f lives')).toBe('here\nlives\n');
});

test.each([
  [
    '{"storage-driver": "aufs"}',
    'failed to start daemon: error initializing graphdriver: [graphdriver] ERROR: the aufs storage-driver has been deprecated and removed; visit https://docs.docker.com/go/storage-driver/ for more information\n',
  ],
  [
    '{"storage": 1}',
    "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives don't match any configuration option: storage\n",
  ],
])('%s keeps it from starting', async (file, message) => {
  await shell(machine, `echo '${file}' > /etc/docker/daemon.json`);
  expect(await shell(machine, 'service docker restart')).toEqual({
    stdout: 'Stopping Docker: docker.\nStarting Docker: docker failed!\n',
    stderr: '',
    status: 1,
  });
  expect(await output(lastLine)).toBe(message);
  expect((await shell(machine, 'docker info 2>&1 >/dev/null')).stdout).toContain('Cannot connect to the Docker daemon');
  await output('rm /etc/docker/daemon.json; service docker start');
  await output('docker ps');
});
