/** Nodes and network namespaces, with the real agent. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { netlinkBatch, newVeth, NETLINK_ROUTE } from '../guest/netlink.ts';
import { packDatagram, unpackDatagram } from './dial.ts';
import * as ops from './ops.ts';
import { exitCode, type SpawnedProcess } from './spawn.ts';
import { startNativeAgent, textOf, type NativeAgent } from './testing.ts';

const name = `drydock-test-${process.pid}`;
const node = { node: 1 };
const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'];
let agent: NativeAgent;

beforeAll(async () => {
  agent = await startNativeAgent();
  await agent.client.run({ node: 0 }, ops.newNode(1, name));
});

afterAll(async () => {
  const gone = new Promise((resolve) => agent.client.onNodeGone(resolve));
  await agent.client.run({ node: 0 }, ops.stopNode(1));
  await gone;
  await agent.stop();
});

function sh(script: string): Promise<SpawnedProcess> {
  return agent.client.spawn(node, { argv: ['sh', '-c', script], env, stdio: { stdout: true, stderr: 'stdout' } });
}

async function outputOf(script: string): Promise<string> {
  return textOf((await sh(script)).channels.stdout);
}

describe('a node', () => {
  test('looks like a host of its own', async () => {
    expect(await outputOf('hostname; cat /proc/1/comm; cat /proc/self/cgroup | grep ^0; ls /sys/class/net; ls -A /tmp; ls /run')).toBe(
      `${name}\nnode-init\n0::/init\nlo\ndrydock\n`,
    );
    const cgroups = await agent.client.run(node, ops.readdir('/sys/fs/cgroup'));
    expect(cgroups.filter(({ type }) => type === 'directory').map((entry) => entry.name)).toEqual(['init']);
  });

  test('has namespaces that differ from the guest in all six kinds', async () => {
    const namespaces = async (where: { node: number }): Promise<string[]> => {
      const { channels } = await agent.client.spawn(where, {
        argv: ['sh', '-c', 'cd /proc/self/ns; for n in pid net ipc mnt uts cgroup; do readlink $n; done'],
        env,
        stdio: { stdout: true },
      });
      return (await textOf(channels.stdout)).trim().split('\n');
    };
    const [own, outer] = [await namespaces(node), await namespaces({ node: 0 })];
    expect(own).toHaveLength(6);
    expect(own.filter((one) => outer.includes(one))).toEqual([]);
  });

  test('its loopback answers', async () => {
    const { release } = await agent.client.run(node, ops.info());
    expect(release).not.toBe('');
    expect(await outputOf('cat /sys/class/net/lo/operstate /proc/net/fib_trie | grep -c 127.0.0.1')).not.toBe('0\n');
  });

  test('counts its own processes', async () => {
    const process = await agent.client.spawn(node, { argv: ['sleep', '100'], env, stdio: 'null' });
    expect(process.nodePid).toBeLessThan(process.pid);
    const [found] = await agent.client.batch(node, [ops.processes('/sys/fs/cgroup/init'), ops.kill(process.nodePid, 9)]);
    expect(found.find(({ pid }) => pid === 1)?.commandLine).toBe('node-init\0');
    const sleep = found.find(({ pid }) => pid === process.nodePid);
    expect(sleep?.commandLine).toBe('sleep\x00100\0');
    expect(sleep?.stat).toMatch(new RegExp(`^${process.nodePid} \\(sleep\\) `));
    expect(exitCode(await process.exit)).toBe(128 + 9);
    await expect(agent.client.run(node, ops.kill(process.nodePid, 9))).rejects.toMatchObject({ code: 'ESRCH' });
  });

  test('reports ends of adopted processes, also those that end before anyone asks', async () => {
    const mark = agent.client.orphanMark();
    // The first two hold the output open, so they have ended when it has been read; the third has not.
    const script =
      'sh -c "sleep 0.05; exit 3" & echo $!; sh -c "sleep 0.1; kill -9 \\$\\$" & echo $!; sh -c "sleep 0.3; exit 4" >/dev/null 2>&1 & echo $!';
    const pids = (await outputOf(script)).trim().split('\n').map(Number);
    const ends = await Promise.all(pids.map((pid) => agent.client.orphanExit(1, pid, mark)));
    expect(ends.map(exitCode)).toEqual([3, 137, 4]);
  });

  test('does not see mounts of others, nor they its own', async () => {
    await agent.client.batch(node, [ops.mkdir('/tmp/m'), ops.mount('tmpfs', '/tmp/m', 'tmpfs')]);
    expect(await outputOf('grep -c " /tmp/m " /proc/mounts')).toBe('1\n');
    const [mounts] = await agent.client.batch({ node: 0 }, [ops.readFile('/proc/mounts', 60000)]);
    expect(new TextDecoder().decode(mounts)).not.toContain(' /tmp/m ');
    await agent.client.run(node, ops.umount('/tmp/m'));
  });

  test('a second with its number or a bad name is refused, and nothing stays behind', async () => {
    await expect(agent.client.run({ node: 0 }, ops.newNode(1, 'other'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(agent.client.run({ node: 0 }, ops.newNode(2, '../up'))).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('cgroups', () => {
  test('removal kills what runs there', async () => {
    const path = '/sys/fs/cgroup/docker/one';
    await agent.client.batch(node, [ops.mkdir(path), ops.mkdir(`${path}/below`)]);
    const process = await agent.client.spawn(node, { argv: ['sleep', '100'], env, cgroup: `${name}/docker/one/below`, stdio: 'null' });
    expect((await agent.client.run(node, ops.processes(path))).map(({ pid }) => pid)).toEqual([process.nodePid]);
    await agent.client.batch(node, [ops.cgroupRemove(path, 1000), ops.cgroupRemove(path), ops.cgroupRemove('/sys/fs/cgroup/docker')]);
    expect(exitCode(await process.exit)).toBe(137);
    await expect(agent.client.run(node, ops.stat(path))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('network namespaces', () => {
  const [one, two] = ['/run/netns/one', '/run/netns/two'];

  test('are made, connected by netlink messages, and taken away', async () => {
    await agent.client.batch(node, [ops.mkdir('/run/netns'), ops.netnsNew(one), ops.netnsNew(two)]);
    await expect(agent.client.run(node, ops.netnsNew(one))).rejects.toMatchObject({ code: 'EEXIST' });
    const links = netlinkBatch(
      newVeth({ name: 'outer', index: 100, master: 0, peer: { name: 'eth0', index: 2, macAddress: '02:42:ac:11:00:02', namespace: two } }),
    );
    await agent.client.run(node, ops.netlink(NETLINK_ROUTE, one, links));
    const names = async (namespace: string): Promise<string[]> =>
      linkNames(await agent.client.run(node, ops.netlink(NETLINK_ROUTE, namespace, { bytes: dumpLinks() })));
    expect(await names(one)).toEqual(['lo', 'outer']);
    expect(await names(two)).toEqual(['lo', 'eth0']);
    expect(await names('')).toEqual(['lo']);
    await expect(agent.client.run(node, ops.netlink(NETLINK_ROUTE, one, links))).rejects.toMatchObject({
      code: 'EEXIST',
      detail: expect.stringContaining('message 0') as string,
    });
    await agent.client.run(node, ops.netlink(NETLINK_ROUTE, one, links, { tolerate: [17] }));
    await agent.client.batch(node, [ops.netnsDel(one), ops.netnsDel(two)]);
    await expect(agent.client.run(node, ops.netlink(NETLINK_ROUTE, one, links))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await agent.client.run(node, ops.readdir('/run/netns'))).toEqual([]);
  });

  test('cut-off messages are refused', async () => {
    await expect(agent.client.run(node, ops.netlink(NETLINK_ROUTE, '', { bytes: new Uint8Array(10) }))).rejects.toMatchObject({
      code: 'EBADMSG',
    });
    const tooLong = dumpLinks();
    tooLong[0] = 200;
    await expect(agent.client.run(node, ops.netlink(NETLINK_ROUTE, '', { bytes: tooLong }))).rejects.toMatchObject({ code: 'EBADMSG' });
  });
});

describe('sockets', () => {
  test('dial and listen over TCP', async () => {
    const listener = await agent.client.listen(1, { kind: 'tcp', address: Uint8Array.of(127, 0, 0, 1), port: 8080 });
    const accepted = new Promise<string>((resolve) =>
      agent.client.onConnection(({ channel, listener: id, node: of, address }) => {
        expect([id, of, address.join('.')]).toEqual([listener.id, 1, '127.0.0.1']);
        void textOf(channel).then(async (heard) => {
          await channel.write(new TextEncoder().encode(`heard ${heard}`));
          channel.end();
          resolve(heard);
        });
      }),
    );
    const channel = await agent.client.dial(1, { kind: 'tcp', address: Uint8Array.of(127, 0, 0, 1), port: 8080 });
    await channel.write(new TextEncoder().encode('hello'));
    channel.end();
    expect(await textOf(channel)).toBe('heard hello');
    expect(await accepted).toBe('hello');
    listener.close();
    await agent.client.ping();
    await expect(agent.client.dial(1, { kind: 'tcp', address: Uint8Array.of(127, 0, 0, 1), port: 8080 })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await expect(agent.client.dial(1, { kind: 'unix', path: '/no/such' })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a bound socket hears datagrams from anyone and answers each', async () => {
    const here = Uint8Array.of(127, 0, 0, 1);
    const bound = await agent.client.bind(1, here, 5353);
    const serve = async (): Promise<void> => {
      for await (const packed of bound.read()) {
        const { address, port, bytes } = unpackDatagram(packed);
        expect(address.join('.')).toBe('127.0.0.1');
        await bound.write(packDatagram({ address, port, bytes: Uint8Array.from([...bytes, bytes.length]) }));
      }
    };
    const serving = serve();
    const clients = await Promise.all([1, 2, 3].map(() => agent.client.dial(1, { kind: 'udp', address: here, port: 5353 })));
    for (const length of [1, 100, 1472]) {
      for (const [at, client] of clients.entries()) {
        const question = new Uint8Array(length).fill(at + 1);
        await client.write(question);
        const { value } = await client.read().next();
        expect(value).toEqual(Uint8Array.from([...question, length & 0xff]));
      }
    }
    // More than the agent's window: what is answered is granted again.
    for (let i = 0; i < 200; i++) {
      await clients[0]?.write(new Uint8Array(1000).fill(i));
      expect((await clients[0]?.read().next())?.value?.[0]).toBe(i & 0xff);
    }
    await expect(agent.client.bind(1, here, 5353)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(agent.client.bind(1, new Uint8Array(16), 5353)).rejects.toMatchObject({ code: 'EAFNOSUPPORT' });
    // Nobody there, an address that cannot be reached, and less than an address: all lost without a word.
    await bound.write(packDatagram({ address: here, port: 1, bytes: Uint8Array.of(1) }));
    await bound.write(packDatagram({ address: Uint8Array.of(203, 0, 113, 1), port: 1, bytes: Uint8Array.of(1) }));
    await bound.write(Uint8Array.of(1, 2, 3));
    await clients[1]?.write(Uint8Array.of(9));
    expect((await clients[1]?.read().next())?.value).toEqual(Uint8Array.of(9, 1));
    for (const channel of [bound, ...clients]) channel.abort();
    await serving;
    (await agent.client.bind(1, here, 5353)).abort();
  });
});

function dumpLinks(): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 32, true);
  view.setUint16(4, 18, true); // RTM_GETLINK
  view.setUint16(6, 0x301, true); // request, dump
  return bytes;
}

/** IFLA_IFNAME of each RTM_NEWLINK. */
function linkNames(replies: Uint8Array): string[] {
  const view = new DataView(replies.buffer, replies.byteOffset, replies.byteLength);
  const names: string[] = [];
  for (let at = 0; at + 16 <= replies.length; at += (view.getUint32(at, true) + 3) & ~3) {
    const end = at + view.getUint32(at, true);
    for (let attribute = at + 32; attribute + 4 <= end; attribute += (view.getUint16(attribute, true) + 3) & ~3) {
      const length = view.getUint16(attribute, true);
      if (view.getUint16(attribute + 2, true) === 3)
        names.push(new TextDecoder().decode(replies.subarray(attribute + 4, attribute + length - 1)));
    }
  }
  return names;
}
