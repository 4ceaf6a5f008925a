/** The package mirror in the real machine: names and files from the node's shell and from containers, and after a session. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMachine, shell, type Printed } from '../../../test/machine/node-machine.ts';
import { nodePlatform } from '../host.ts';
import type { RunningMachine } from '../running-machine.ts';
import { startMachine } from '../start.ts';
import type { MirrorEvent } from './mirror.ts';

const packages = 'http://deb.debian.org/debian/dists/bookworm/main/binary-i386/Packages';
let machine: RunningMachine;
const events: MirrorEvent[] = [];

beforeAll(async () => {
  machine = await openMachine();
  machine.parts.mirror.watch((event) => events.push(event));
});
afterAll(() => machine.stop());

async function timed(command: string): Promise<Printed & { tookMs: number }> {
  const startedMs = performance.now();
  const printed = await shell(machine, command);
  return { ...printed, tookMs: performance.now() - startedMs };
}

it('the node has the names of the mirror, and reads its files', async () => {
  expect((await shell(machine, 'cat /etc/resolv.conf')).stdout).toBe('nameserver 192.168.65.7\n');
  expect((await shell(machine, 'nslookup pypi.org')).stdout).toMatch(/^Name:\s+pypi\.org\nAddress: 192\.168\.65\.7$/m);
  const { stdout, status } = await shell(machine, `wget -q -O - ${packages}`);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Package: curl$/m);
});

it('another name fails as without internet, at once, and is told', async () => {
  // musl would wait five seconds for a server that fails.
  const { stderr, status, tookMs } = await timed('wget -q -O - http://www.example.com/');
  expect([stderr, status]).toEqual(["wget: bad address 'www.example.com'\n", 1]);
  expect(tookMs).toBeLessThan(3000);
  expect(events.at(-1)).toMatchObject({ node: 1, kind: 'name', asked: 'www.example.com' });
  const { stdout: log } = await shell(machine, 'tail -n 1 /var/log/docker.log');
  expect(log).toContain('level=info msg="There is no internet here: www.example.com cannot be reached;');
});

it('an address that is not here cannot be reached, and says so at once; the mirror has no https', async () => {
  const { stderr, tookMs } = await timed('wget -q -O - http://203.0.113.1/; wget -q -O - https://pypi.org/');
  expect(stderr).toContain("can't connect to remote host (203.0.113.1): Network unreachable");
  expect(stderr).toContain("can't connect to remote host (192.168.65.7): Connection refused");
  expect(tookMs).toBeLessThan(3000);
});

it('the node’s ports are its own: 80 and 53 are free for containers', async () => {
  expect((await shell(machine, 'netstat -lntu | grep -cE ":(80|53) " || true')).stdout).toBe('0\n');
});

it('a container asks as its node does', async () => {
  const script = `grep nameserver /etc/resolv.conf; wget -q -O - ${packages} | head -n 1; wget -q -O - http://nothere.example/ || echo failed`;
  const { stdout, stderr } = await shell(machine, `docker run --rm busybox sh -c '${script}'`);
  expect(stdout).toMatch(/^nameserver 192\.168\.65\.7\nPackage: .+\nfailed\n$/);
  expect(stderr).toContain("wget: bad address 'nothere.example'\n");
  expect(events.at(-1)).toMatchObject({ node: 1, kind: 'name', asked: 'nothere.example' });
  const none = await shell(machine, 'docker run --rm --network none busybox wget -q -O - http://pypi.org/ 2>&1');
  expect(none.stdout).toBe("wget: bad address 'pypi.org'\n");
});

it('what the mirror has not is a 404, and told', async () => {
  await shell(machine, 'wget -q -O - http://pypi.org/simple/no-such-project/');
  expect(events.at(-1)).toMatchObject({ kind: 'package', asked: 'no-such-project' });
  expect(events.at(-1)?.line).toMatch(/^The package mirror inside the sandbox has no no-such-project; it holds flask, /);
});

it('answers after a session was saved and taken up again', async () => {
  const platform = nodePlatform();
  const saving = await startMachine({ platform, onFailure: console.error });
  const { id } = await saving.saveSession('names');
  await saving.stop();
  const again = await startMachine({ platform, sessionId: id, onFailure: console.error });
  try {
    expect((await shell(again, `wget -q -O - ${packages} | head -n 1`)).stdout).toMatch(/^Package: /);
  } finally {
    await again.stop();
  }
});
