/** Operations on files, trees and mounts, with the real agent. */
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync, linkSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as ops from './ops.ts';
import { bytesOf, startNativeAgent, type NativeAgent } from './testing.ts';

let agent: NativeAgent;
let dir: string;
const guest = { node: 0 };

beforeAll(async () => {
  agent = await startNativeAgent();
});

afterAll(() => agent?.stop());

beforeEach(() => {
  dir = mkdtempSync(join(agent.dir, 'files-'));
});

const run: NativeAgent['client']['run'] = (where, op) => agent.client.run(where, op);

describe('files', () => {
  test('write, append, read in pieces', async () => {
    const path = join(dir, 'file');
    await agent.client.batch(guest, [ops.writeFile(path, 0o640, 'first '), ops.writeFile(path, 0o600, 'second', { append: true })]);
    expect(readFileSync(path, 'utf8')).toBe('first second');
    expect(await agent.client.batch(guest, [ops.readFile(path, 100), ops.readFile(path, 3, 6)])).toEqual([
      bytesOf('first second'),
      bytesOf('sec'),
    ]);
    await run(guest, ops.writeFile(path, 0o600, 'new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    await expect(run(guest, ops.writeFile(path, 0o600, '', { exclusive: true }))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await run(guest, ops.stat(path))).toMatchObject({ type: 'file', mode: 0o640, uid: 0, gid: 0, links: 1, sizeBytes: 3 });
  });

  test('large files', async () => {
    const path = join(dir, 'large');
    const content = new Uint8Array(900_000).map((_, i) => (i * 31) >> 3);
    await run(guest, ops.writeFile(path, 0o600, content));
    expect(Buffer.compare(await run(guest, ops.readFile(path, 900_000)), content)).toBe(0);
    await expect(run(guest, ops.writeFile(path, 0o600, new Uint8Array(1 << 20)))).rejects.toMatchObject({ code: 'E2BIG' });
    await expect(run(guest, ops.readFile('/dev/zero', 4_000_000))).rejects.toMatchObject({ code: 'EOVERFLOW' });
  });

  test('directories', async () => {
    const path = join(dir, 'a/b/c');
    await agent.client.batch(guest, [ops.mkdir(path, 0o750), ops.mkdir(path, 0o700), ops.writeFile(join(dir, 'a/file'), 0o600, 'x')]);
    const entries = await run(guest, ops.readdir(join(dir, 'a')));
    expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'b', type: 'directory' },
      { name: 'file', type: 'file' },
    ]);
    expect(await run(guest, ops.stat(path))).toMatchObject({ type: 'directory', mode: 0o750 });
    await expect(run(guest, ops.mkdir(path, 0o700, { exclusive: true }))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(run(guest, ops.mkdir(join(dir, 'a/file/below')))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('links, names, owners, devices', async () => {
    const [link, moved, device] = [join(dir, 'link'), join(dir, 'moved'), join(dir, 'null')];
    await agent.client.batch(guest, [
      ops.symlink('target', link),
      ops.chown(link, 5, 6),
      ops.rename(link, moved),
      ops.mknod(device, 0o020666, { major: 1, minor: 3 }),
      ops.chmod(device, 0o600),
      ops.chown(device, 7, 8),
    ]);
    const [found, made] = await agent.client.batch(guest, [ops.stat(moved, { follow: false }), ops.stat(device)]);
    expect(found).toMatchObject({ type: 'symlink', target: 'target', uid: 5, gid: 6 });
    expect(made).toMatchObject({ type: 'character', mode: 0o600, uid: 7, gid: 8, device: { major: 1, minor: 3 } });
    await agent.client.batch(guest, [ops.unlink(moved), ops.unlink(device), ops.rmdir(dir)]);
    expect(existsSync(dir)).toBe(false);
  });

  test('names that are not ASCII', async () => {
    const path = join(dir, 'Übung 👩‍🚀');
    await run(guest, ops.writeFile(path, 0o600, 'ü'));
    expect((await run(guest, ops.readdir(dir))).map(({ name }) => name)).toEqual(['Übung 👩‍🚀']);
  });

  test('a pipe at the path does not hold the agent up', async () => {
    const path = join(dir, 'pipe');
    await run(guest, ops.mknod(path, 0o010600, { major: 0, minor: 0 }));
    await expect(run(guest, ops.writeFile(path, 0o600, 'x'))).rejects.toMatchObject({ code: 'ENXIO' });
    expect(await run(guest, ops.readFile(path, 10))).toEqual(new Uint8Array(0));
  });
});

describe('batches', () => {
  test('stop at the first failure and name it', async () => {
    const [before, missing, after] = [join(dir, 'before'), join(dir, 'no/such'), join(dir, 'after')];
    const batch = agent.client.batch(guest, [ops.mkdir(before), ops.unlink(missing), ops.mkdir(after)]);
    await expect(batch).rejects.toMatchObject({
      index: 1,
      code: 'ENOENT',
      op: `unlink ${missing}`,
      message: `unlink ${missing}: no such file or directory`,
    });
    expect(readdirSync(dir)).toEqual(['before']);
  });

  test('go on after a step that may fail', async () => {
    const [first, second] = await agent.client.batch(guest, [
      ops.mayFail(ops.readFile(join(dir, 'none'), 10)),
      ops.mkdir(join(dir, 'made')),
    ]);
    expect([first, second]).toEqual([undefined, undefined]);
    expect(readdirSync(dir)).toEqual(['made']);
  });

  test('whose values are too large together stop', async () => {
    const zeros = ops.readFile('/dev/zero', 400_000);
    await expect(agent.client.batch(guest, [zeros, zeros, zeros, zeros])).rejects.toMatchObject({ index: 2, code: 'EOVERFLOW' });
    await expect(agent.client.batch(guest, [zeros, zeros, ops.mayFail(zeros), zeros])).rejects.toMatchObject({
      index: 3,
      code: 'EOVERFLOW',
    });
    const missing = ops.mayFail(ops.readFile('/no/such', 1));
    expect(
      await agent.client.batch(
        guest,
        Array.from({ length: 3000 }, () => missing),
      ),
    ).toHaveLength(3000);
  });

  test('in a node that does not exist', async () => {
    await expect(agent.client.batch({ node: 99 }, [ops.mkdir(dir)])).rejects.toMatchObject({ index: -1, code: 'ENOENT' });
    await expect(agent.client.batch({ stub: 99 }, [ops.mkdir(dir)])).rejects.toMatchObject({ index: -1, code: 'ESRCH' });
  });

  test('in the background, while others are answered', async () => {
    const slow = agent.client.batch(guest, [ops.diskUsage('/usr/share'), ops.mkdir(join(dir, 'slow'))], { background: true });
    const fast = await agent.client.batch(guest, [ops.mayFail(ops.stat(join(dir, 'slow')))]);
    expect(fast).toEqual([undefined]);
    const [usage] = await slow;
    expect(usage.bytes).toBeGreaterThan(1_000_000);
    expect(usage.count).toBeGreaterThan(100);
    expect(readdirSync(dir)).toEqual(['slow']);
    await expect(agent.client.batch(guest, [ops.newNode(9, 'x')], { background: true })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('trees', () => {
  test('removal keeps what links point to, and goes deep', async () => {
    const outside = join(dir, 'outside');
    const tree = join(dir, 'tree');
    writeFileSync(outside, 'kept');
    let path = tree;
    for (let depth = 0; depth < 300; depth++) {
      mkdirSync(path);
      writeFileSync(join(path, 'file'), 'x');
      path = join(path, 'd');
    }
    symlinkSync(outside, join(tree, 'link'));
    symlinkSync('/', join(tree, 'root'));
    for (let i = 0; i < 700; i++) writeFileSync(join(tree, `file${i}`), '');
    await agent.client.batch(guest, [ops.rmtree(tree), ops.rmtree(tree)]);
    expect(readdirSync(dir)).toEqual(['outside']);
  });

  test('removal does not cross mounts', async () => {
    const [tree, inside] = [join(dir, 'tree'), join(dir, 'tree/mounted')];
    await agent.client.batch(guest, [
      ops.mkdir(inside),
      ops.mount('tmpfs', inside, 'tmpfs'),
      ops.writeFile(join(inside, 'kept'), 0o600, 'x'),
    ]);
    await expect(run(guest, ops.rmtree(tree))).rejects.toMatchObject({ code: 'EBUSY' });
    expect(await run(guest, ops.readFile(join(inside, 'kept'), 9))).toEqual(bytesOf('x'));
    await agent.client.batch(guest, [ops.umount(inside), ops.rmtree(tree)]);
    expect(existsSync(tree)).toBe(false);
  });

  test('size as Docker counts it', async () => {
    writeFileSync(join(dir, 'a'), 'x'.repeat(1000));
    linkSync(join(dir, 'a'), join(dir, 'b'));
    mkdirSync(join(dir, 'c'));
    writeFileSync(join(dir, 'c/d'), 'x'.repeat(23));
    symlinkSync('a', join(dir, 'e'));
    expect(await run(guest, ops.diskUsage(dir))).toMatchObject({ bytes: 1024, count: 5 });
  });
});

test('facts of the guest', async () => {
  const [facts, space] = await agent.client.batch(guest, [ops.info(), ops.statfs(tmpdir())]);
  expect(facts).toMatchObject({ system: 'Linux', release: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim() });
  expect(Math.abs(facts.nowMs - Date.now())).toBeLessThan(2000);
  expect(facts.memTotalBytes).toBeGreaterThan(1e8);
  expect(facts.memAvailableBytes).toBeLessThanOrEqual(facts.memTotalBytes);
  expect(facts.agentBytes).toBeLessThan(8e6);
  expect(space.availableBytes).toBeLessThanOrEqual(space.totalBytes);
});
