/** Trees as the real agent sends them: order, links, attributes, depth, and readers that are slow or give up. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, truncateSync, writeFileSync, chmodSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as ops from './ops.ts';
import { startNativeAgent, type NativeAgent } from './testing.ts';
import { TreeReader, type TreeFile } from './tree-stream.ts';

let agent: NativeAgent;
let dir: string;
const guest = { node: 0 };

beforeAll(async () => {
  agent = await startNativeAgent();
}, 60_000);

afterAll(() => agent?.stop());

beforeEach(() => {
  dir = mkdtempSync(join(agent.dir, 'trees-'));
});

interface Sent {
  files: Map<string, TreeFile>;
  contents: Map<string, string>;
}

/** Sends a tree into a file and reads that in pieces of `step` bytes. */
async function pack(root: string, path = '', options: ops.PackOptions = { content: true, xattrs: true }, step = 1 << 20): Promise<Sent> {
  const into = join(dir, 'stream');
  writeFileSync(into, '');
  const [count] = await agent.client.batch(guest, [ops.packTree(root, path, into, options)], { background: true });
  const stream = new Uint8Array(readFileSync(into));
  const files = new Map<string, TreeFile>();
  const contents = new Map<string, string>();
  let last = '';
  const reader = new TreeReader({
    file(file, contentBytes) {
      files.set((last = file.path), file);
      if (contentBytes > 0 || file.type === 'file') contents.set(last, '');
    },
    content: (bytes) => void contents.set(last, contents.get(last)! + Buffer.from(bytes).toString('latin1')),
  });
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  expect(reader.ended).toBe(true);
  expect(files.size).toBe(count);
  return { files, contents };
}

describe('a tree', () => {
  test('comes with parents first, types, owners, times and content', async () => {
    const top = join(dir, 'top');
    mkdirSync(join(top, 'a/b'), { recursive: true });
    writeFileSync(join(top, 'a/file'), 'content');
    writeFileSync(join(top, 'a/b/empty'), '');
    chmodSync(join(top, 'a/file'), 0o4751);
    utimesSync(join(top, 'a/file'), 5, 1234567890.5);
    symlinkSync('/no/where', join(top, 'link'));
    await agent.client.batch(guest, [
      ops.mknod(join(top, 'device'), 0o020640, { major: 0, minor: 0 }),
      ops.mknod(join(top, 'pipe'), 0o010600, { major: 0, minor: 0 }),
      ops.chown(join(top, 'a/file'), 7, 70000),
    ]);
    for (const step of [1 << 20, 7]) {
      const { files, contents } = await pack(top, '', { content: true }, step);
      expect([...files.keys()].sort()).toEqual(['', 'a', 'a/b', 'a/b/empty', 'a/file', 'device', 'link', 'pipe']);
      const order = [...files.keys()];
      for (const path of order)
        expect(order.indexOf(path.slice(0, Math.max(0, path.lastIndexOf('/'))))).toBeLessThanOrEqual(order.indexOf(path));
      expect(files.get('a/file')).toMatchObject({ type: 'file', mode: 0o751, uid: 7, gid: 70000, seconds: 1234567890, nanoseconds: 5e8 });
      expect(files.get('device')).toMatchObject({ type: 'character', major: 0, minor: 0 });
      expect(files.get('pipe')).toMatchObject({ type: 'fifo' });
      expect(files.get('link')).toMatchObject({ type: 'symlink', target: '/no/where' });
      expect([...contents]).toEqual(
        expect.arrayContaining([
          ['a/file', 'content'],
          ['a/b/empty', ''],
        ]),
      );
    }
  });

  test('sends what has several names once', async () => {
    const top = join(dir, 'top');
    mkdirSync(join(top, 'sub'), { recursive: true });
    writeFileSync(join(top, 'one'), 'shared');
    linkSync(join(top, 'one'), join(top, 'two'));
    linkSync(join(top, 'one'), join(top, 'sub/three'));
    const { files, contents } = await pack(top);
    expect(new Set(['one', 'two', 'sub/three'].map((path) => files.get(path)!.identity)).size).toBe(1);
    expect([...contents.values()].sort()).toEqual(['', '', 'shared']);
  });

  test('carries extended attributes, of links and directories, too', async () => {
    const top = join(dir, 'top');
    mkdirSync(top);
    writeFileSync(join(top, 'file'), '');
    symlinkSync('file', join(top, 'link'));
    const set = (path: string, name: string, value: string): void =>
      void execFileSync('python3', [
        '-c',
        `import os; os.setxattr(${JSON.stringify(path)}, ${JSON.stringify(name)}, b${JSON.stringify(value)}, follow_symlinks=False)`,
      ]);
    set(top, 'trusted.overlay.opaque', 'y');
    set(join(top, 'file'), 'user.note', 'hello');
    set(join(top, 'link'), 'trusted.note', 'of a link');
    const { files } = await pack(top);
    const text = (path: string): Record<string, string> =>
      Object.fromEntries(Object.entries(files.get(path)!.xattrs).map(([name, value]) => [name, Buffer.from(value).toString()]));
    expect([text(''), text('file'), text('link')]).toEqual([
      { 'trusted.overlay.opaque': 'y' },
      { 'user.note': 'hello' },
      { 'trusted.note': 'of a link' },
    ]);
    expect((await pack(top, '', { content: true })).files.get('file')!.xattrs).toEqual({});
  });

  test('may be one file, or a link that is not followed, or what a link leads to', async () => {
    mkdirSync(join(dir, 'root/etc'), { recursive: true });
    writeFileSync(join(dir, 'root/etc/file'), 'inside');
    symlinkSync('/etc', join(dir, 'root/out'));
    symlinkSync('../../../../etc', join(dir, 'root/up'));
    const top = join(dir, 'root');
    const one = await pack(top, 'etc/file');
    expect([[...one.files.keys()], one.contents.get('')]).toEqual([[''], 'inside']);
    expect((await pack(top, '/out')).files.get('')).toMatchObject({ type: 'symlink', target: '/etc' });
    // Every link stays inside.
    for (const path of ['out/', 'up/', '../../etc', 'out/.']) expect([...(await pack(top, path)).files.keys()]).toEqual(['', 'file']);
    expect((await pack(top, 'up/file')).contents.get('')).toBe('inside');
    await expect(pack(top, 'none')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(pack(top, 'etc/file/')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('has names as they are', async () => {
    const top = join(dir, 'top');
    mkdirSync(top);
    const long = 'n'.repeat(255);
    for (const name of [long, 'Übung 👩‍🚀', 'new\nline']) writeFileSync(join(top, name), name);
    execFileSync('python3', ['-c', `open(${JSON.stringify(top)}.encode() + b'/\\xff\\xfe', 'w')`]);
    expect([...(await pack(top)).files.keys()].sort()).toEqual(['', long, 'new\nline', 'Übung 👩‍🚀', '\udcff\udcfe'].sort());
  });

  test('goes deep, and says when it is too deep', async () => {
    const top = join(dir, 'top');
    mkdirSync(top);
    // Not by a path, which the kernel would refuse.
    const dig = (depth: number): void =>
      void execFileSync('python3', [
        '-c',
        `import os\nos.chdir(${JSON.stringify(top)})\nfor i in range(${depth}):\n  os.mkdir('d'); os.chdir('d')\nopen('bottom','w').write('x')`,
      ]);
    dig(1000);
    const { files, contents } = await pack(top);
    expect([files.size, contents.get('d/'.repeat(1000) + 'bottom')]).toEqual([1002, 'x']);
    execFileSync('rm', ['-r', join(top, 'd')]);
    dig(2100);
    await expect(pack(top)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    execFileSync('rm', ['-r', join(top, 'd')]);
  });

  test('with many files and large ones', async () => {
    const top = join(dir, 'top');
    mkdirSync(top);
    for (let i = 0; i < 3000; i++) {
      if (i % 100 === 0) mkdirSync(join(top, `d${i / 100}`));
      writeFileSync(join(top, `d${Math.floor(i / 100)}/f${i}`), `${i}`.repeat(i % 97));
    }
    const large = Buffer.alloc(3_000_001, 'abcdefg');
    writeFileSync(join(top, 'large'), large);
    const { files, contents } = await pack(top);
    expect(files.size).toBe(3032);
    expect(contents.get('large') === large.toString('latin1')).toBe(true);
    for (let i = 0; i < 3000; i++) expect(contents.get(`d${Math.floor(i / 100)}/f${i}`)).toBe(`${i}`.repeat(i % 97));
  });

  test('does not enter other mounts unless told to', async () => {
    const top = join(dir, 'top');
    const mounted = join(top, 'mounted');
    await agent.client.batch(guest, [
      ops.mkdir(mounted),
      ops.mount('tmpfs', mounted, 'tmpfs'),
      ops.writeFile(join(mounted, 'in'), 0o600, 'x'),
    ]);
    expect([...(await pack(top)).files.keys()].sort()).toEqual(['', 'mounted']);
    expect([...(await pack(top, '', { content: true, mounts: true })).files.keys()].sort()).toEqual(['', 'mounted', 'mounted/in']);
    await agent.client.run(guest, ops.umount(mounted));
  });

  test('is sent in the background only', async () => {
    await expect(agent.client.run(guest, ops.packTree(dir, '', join(dir, 'x'), {}))).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('ends when its reader does', async () => {
    truncateSync((writeFileSync(join(dir, 'sparse'), ''), join(dir, 'sparse')), 1 << 30);
    const full = agent.client.batch(guest, [ops.packTree(dir, 'sparse', '/dev/full', { content: true })], { background: true });
    await expect(full).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

describe('a directory', () => {
  test('is listed in parts', async () => {
    for (let i = 0; i < 500; i++) writeFileSync(join(dir, `file${i}`), 'x'.repeat(i));
    symlinkSync('target', join(dir, 'link'));
    const names = new Map<string, TreeFile>();
    let rounds = 0;
    for (let next = 0n; rounds === 0 || next !== 0n; rounds++) {
      const part = await agent.client.run(guest, ops.listDirectory(dir, next, 16_384));
      for (const file of part.files) names.set(file.path, file);
      next = part.next;
    }
    expect(rounds).toBeGreaterThan(3);
    expect(names.size).toBe(501);
    expect(names.get('file77')).toMatchObject({ type: 'file', sizeBytes: 77, uid: 0 });
    expect(names.get('link')).toMatchObject({ type: 'symlink', target: 'target' });
    await expect(agent.client.run(guest, ops.listDirectory(join(dir, 'link'), 0n, 16_384))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(agent.client.run(guest, ops.listDirectory(dir, 0n, 100))).rejects.toMatchObject({ code: 'EINVAL' });
  });
});
