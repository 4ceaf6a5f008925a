import { beforeEach, describe, expect, it } from 'vitest';
import type { LayerEntry } from '#engine/image/layer-trees.ts';
import { errno } from './errno.ts';
import { LayerForest } from './layer-forest.ts';
import { restoreTree, saveTree } from './saved-tree.ts';
import { P9Server } from './server.ts';
import { refusalOf, TestClient, text, u32, u64 } from './test-client.ts';

const diffId = `sha256:${'ab'.repeat(32)}`;
const top = `sha256-${'ab'.repeat(32)}`;
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

function entry(path: string, type: LayerEntry['type'], more: Partial<LayerEntry> = {}): LayerEntry {
  return { path, type, mode: 0o644, uid: 0, gid: 0, mtime: 1000, ...more };
}

let forest: LayerForest;
let client: TestClient;

beforeEach(() => {
  forest = new LayerForest();
  forest.put(diffId, [
    entry('', 'directory', { mode: 0o711, mtime: 5 }),
    entry('bin', 'directory', { mode: 0o755 }),
    entry('bin/busybox', 'file', { mode: 0o4755, content: encode('#!busybox') }),
    entry('bin/sh', 'hardlink', { linkName: 'bin/busybox' }),
    entry('bin/ash', 'symlink', { linkName: 'busybox' }),
    entry('etc/deep/file', 'file', { content: encode('x') }),
    entry('gone', 'character', { major: 0, minor: 0, mode: 0 }),
    entry('opaque', 'directory', { xattrs: { 'trusted.overlay.opaque': encode('y') } }),
  ]);
  client = new TestClient(new P9Server(forest));
});

describe('LayerForest', () => {
  it('shows the guest what the layer holds', () => {
    expect(client.list('').map(({ name }) => name)).toEqual(['.', '..', top]);
    expect(client.stat(top)).toMatchObject({ mode: 0o040711, mtime: 5 });
    expect(client.readFile(`${top}/bin/sh`)).toBe('#!busybox');
    expect(client.stat(`${top}/bin/sh`)).toMatchObject({ id: client.stat(`${top}/bin/busybox`).id, links: 2, mode: 0o104755 });
    expect(client.with(`${top}/bin/ash`, (fid) => client.call('readlink', u32(fid)).text())).toBe('busybox');
    expect(client.stat(`${top}/gone`)).toMatchObject({ mode: 0o020000, rdev: 0 });
    expect(client.xattr(`${top}/opaque`, 'trusted.overlay.opaque')).toBe('y');
    expect(client.stat(`${top}/etc/deep`).mode).toBe(0o040755);
  });

  it('refuses every change', () => {
    const fid = client.walk(top);
    for (const change of [
      () => client.call('mkdir', u32(fid), text('x'), u32(0), u32(0)),
      () => client.call('unlinkat', u32(fid), text('gone'), u32(0)),
      () => client.call('renameat', u32(fid), text('gone'), u32(fid), text('back')),
      () => client.call('setattr', u32(fid), u32(1), u32(0o777), u32(0), u32(0), u64(0), u64(0), u64(0), u64(0), u64(0)),
    ])
      expect(refusalOf(change)).toBe(errno.EROFS);
  });

  it('lists entries so that the same layer can be made of them', () => {
    const copy = new LayerForest();
    copy.put(diffId, forest.entries(diffId) ?? []);
    expect([...(copy.entries(diffId) ?? [])]).toEqual([...(forest.entries(diffId) ?? [])]);
  });

  it('lets later entries win', () => {
    const other = diffId.replaceAll('ab', 'cd');
    forest.put(other, [
      entry('a', 'file', { content: encode('1') }),
      entry('a', 'directory'),
      entry('a/b', 'file', { content: encode('2') }),
      entry('a/b', 'symlink', { linkName: 'x' }),
    ]);
    expect([...(forest.entries(other) ?? [])].map(({ path, type }) => [path, type])).toEqual([
      ['', 'directory'],
      ['a', 'directory'],
      ['a/b', 'symlink'],
    ]);
  });

  it('takes a layer whole or not at all', () => {
    const before = [...forest.allInodes()].length;
    const bad = diffId.replaceAll('ab', 'ef');
    for (const path of ['../escape', '/abs', 'a//b', 'a/./b'])
      expect(() => forest.put(bad, [entry('ok', 'file'), entry(path, 'file')])).toThrow('cannot be unpacked');
    expect(() => forest.put(bad, [entry('link', 'hardlink', { linkName: '../../etc/passwd' })])).toThrow('cannot be unpacked');
    expect(forest.has(bad)).toBe(false);
    expect([...forest.allInodes()]).toHaveLength(before);
  });

  it('keeps what an open file of a removed layer needs', () => {
    const fid = client.walk(`${top}/bin/busybox`);
    client.call('lopen', u32(fid), u32(0));
    forest.remove(diffId);
    expect(forest.has(diffId)).toBe(false);
    expect(client.call('read', u32(fid), u64(0), u32(100)).u32()).toBe(9);
    client.call('clunk', u32(fid));
    expect([...forest.allInodes()]).toHaveLength(1);
  });

  it('is the same after being saved and restored', () => {
    const copy = new LayerForest();
    restoreTree(copy, saveTree(forest));
    expect([...(copy.entries(diffId) ?? [])]).toEqual([...(forest.entries(diffId) ?? [])]);
    expect(new TestClient(new P9Server(copy)).stat(`${top}/bin/sh`)).toEqual(client.stat(`${top}/bin/sh`));
  });
});
