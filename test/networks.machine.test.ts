/** Containers on networks of the guest kernel: who reaches whom, by which name, and what of it is reached from outside. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { startMachine } from '../src/emulator/start.ts';
import { openMachine, shell } from './machine/node-machine.ts';
import { output as succeed } from './machine/output.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
  await output('docker pull -q busybox; docker network create front; docker network create --internal back');
});
afterAll(() => machine.stop());

const output = (script: string): Promise<string> => succeed(machine, script);

/** Standard output and error of a script in a container that is gone afterwards. */
async function inside(options: string, script: string): Promise<string> {
  const { stdout, stderr } = await shell(machine, `docker run --rm ${options} busybox sh -c '${script}'`);
  return `${stdout}${stderr}`;
}

/** Waits until a command succeeds, but not for ever. */
const until = (command: string): string => `for try in $(seq 50); do ${command} && break; sleep 0.1; done`;

const serve = (name: string, text: string, options: string): string =>
  `docker run -d --name ${name} ${options} busybox sh -c 'mkdir /www; echo ${text} > /www/index.html; exec httpd -f -p 80 -h /www' >/dev/null
    ${until(`docker exec ${name} wget -qO /dev/null 127.0.0.1 2>/dev/null`)}`;

test('containers of a network reach each other by name, others do not', async () => {
  await output(`${serve('web', 'hello', '--network front --network-alias www')}\n${serve('plain', 'plain', '')}`);
  expect(
    await inside('--network front', 'ping -c1 web | grep -c "1 packets received"; wget -qO- www; nslookup web | grep -c 172.18.0.2'),
  ).toBe('1\nhello\n1\n');
  expect(await inside('--network back', 'ping -c1 -W1 web; ping -c1 -W1 172.18.0.2; ip route')).toBe(
    "PING 172.18.0.2 (172.18.0.2): 56 data bytes\n172.19.0.0/16 dev eth0 scope link  src 172.19.0.2 \nping: bad address 'web'\nping: sendto: Network unreachable\n",
  );
  expect(await inside('', 'ping -c1 -W1 plain; wget -qO- 172.17.0.2')).toBe("plain\nping: bad address 'plain'\n");
  // Across bridges nothing passes, although both lead outside.
  expect(await inside('', 'wget -T1 -qO- 172.18.0.2')).toContain('download timed out');
});

test('a running container joins a network and leaves one', async () => {
  await output('docker network connect front plain; docker network disconnect bridge plain');
  expect(await output('docker exec plain wget -qO- web; docker exec plain ip route')).toBe(
    'hello\ndefault via 172.18.0.1 dev eth1 \n172.18.0.0/16 dev eth1 scope link  src 172.18.0.3 \n',
  );
  expect(await inside('--network front', 'wget -qO- plain')).toBe('plain\n');
});

test('a published port answers at every address of the node, to the node and to other networks', async () => {
  await output(serve('shop', 'shop', '-p 8080:80 -p 127.0.0.1:8081:80'));
  const urls = ['localhost:8080', '192.168.65.10:8080', '[::1]:8080', '127.0.0.1:8081'];
  expect(await output(urls.map((url) => `curl -sg http://${url}/`).join('; '))).toBe('shop\n'.repeat(4));
  // From its own network, from another, and not where it was not published.
  expect(await inside('', 'wget -qO- 172.17.0.1:8080')).toBe('shop\n');
  expect(await inside('--network front', 'wget -qO- 192.168.65.10:8080')).toBe('shop\n');
  expect(await inside('', 'wget -T2 -qO- 172.17.0.1:8081')).toContain('Connection refused');
  const refused = await shell(machine, 'docker run -d -p 8080:80 busybox true');
  expect(refused.stderr).toContain('Bind for 0.0.0.0:8080 failed: port is already allocated');
  await output('docker rm -f shop');
  expect((await shell(machine, 'curl -s localhost:8080')).status).toBe(7);
});

test('a port that a process of the node listens at is not published', async () => {
  const taken = await shell(machine, 'httpd -p 8090; docker run --rm -p 8090:80 busybox true; kill $(pidof httpd)');
  expect(taken.stderr).toMatch(/failed to bind host port for 0\.0\.0\.0:8090:172\.17\.0\.\d+:80\/tcp: address already in use/);
});

test('a container that has the address of another is found by those who remember the other', async () => {
  await output('docker network create small; docker run -d --name stays --network small busybox sleep 1000');
  for (const name of ['first', 'second']) {
    await output(`docker run -d --name ${name} --network small busybox sleep 1000`);
    expect(await output(`docker exec stays ping -c1 -W1 ${name} | grep -c '1 packets received'; docker rm -f ${name}`)).toBe(
      `1\n${name}\n`,
    );
  }
});

test('datagrams are published, too, and answered', async () => {
  await output(`docker run -d --name answer -p 9053:53/udp busybox sh -c 'echo pong | nc -lu -p 53'
    ${until('docker exec answer grep -q :0035 /proc/net/udp6')}`);
  // `nc` is ended by the clock, and the shell says so.
  const { stdout } = await shell(machine, '(echo ping; sleep 2) | timeout 4 nc -u 127.0.0.1 9053 | head -1; docker logs answer');
  expect(stdout).toBe('pong\nping\n');
});

test('macvlan and ipvlan stand on the node’s own network', async () => {
  await output('docker network create -d macvlan --subnet 192.168.65.0/24 --gateway 192.168.65.1 -o parent=eth0 lan');
  expect(await inside('--network lan --ip 192.168.65.50', 'ip route; ping -c1 -W2 192.168.65.1 | grep -c "1 packets received"')).toBe(
    'default via 192.168.65.1 dev eth0 \n192.168.65.0/24 dev eth0 scope link  src 192.168.65.50 \n1\n',
  );
  await output('docker network rm lan; docker network create -d ipvlan --subnet 192.168.65.0/24 --gateway 192.168.65.1 -o parent=eth0 lan');
  expect(await inside('--network lan --ip 192.168.65.51', 'ping -c1 -W2 192.168.65.1 | grep -c "1 packets received"')).toBe('1\n');
  await output('docker network create -d macvlan --subnet 10.5.0.0/24 -o parent=eth0.10 vlan');
  expect(await output('ip link show eth0.10 | grep -c eth0.10@eth0; docker network rm lan vlan')).toBe('1\nlan\nvlan\n');
});

test('names and ports are there again in a machine that was saved', async () => {
  await output(serve('kept', 'kept', '--network front -p 8099:80'));
  const { id } = await machine.saveSession('networks');
  const failed = (error: unknown): never => {
    throw error;
  };
  const again = await startMachine({ platform: machine.parts.platform, sessionId: id, onFailure: failed });
  try {
    const { stdout } = await shell(
      again,
      'curl -s localhost:8099; docker exec kept wget -qO- web; docker rm -f kept; curl -s localhost:8099',
    );
    expect(stdout).toBe('kept\nhello\nkept\n');
  } finally {
    await again.stop();
  }
});
