import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FsError } from './errno.ts';
import { fileType, isDirectory, type Inode } from './inode.ts';
import { MemoryFs } from './memory-fs.ts';
import { restoreTree, saveTree } from './saved-tree.ts';

const owner = { uid: 0, gid: 0 };

function newFs(limitBytes = 200_000): MemoryFs {
  return new MemoryFs({ limitBytes, limitInodes: 60, nowNs: () => 5n });
}

/** What a file system looks like from outside: path → content, with hard links sharing a letter. */
function describeFs(files: MemoryFs): Record<string, string> {
  const out: Record<string, string> = {};
  const visit = (inode: Inode, path: string): void => {
    out[path] = isDirectory(inode) ? `directory ${inode.linkCount}` : `file ${inode.linkCount} ${hash(inode.content?.bytes())}`;
    for (const [name, entry] of inode.children ?? []) visit(entry.inode, `${path}/${name}`);
  };
  visit(files.root, '');
  return out;
}

function hash(bytes: Uint8Array | undefined): string {
  let sum = 7;
  for (const byte of bytes ?? []) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return `${bytes?.length}:${sum}`;
}

/** The same in thirty lines: directories are Maps, files boxes of bytes. */
type ModelNode = Map<string, ModelNode> | { bytes: number[]; links: number };

class Model {
  root: Map<string, ModelNode> = new Map();

  directory(path: string[]): Map<string, ModelNode> | undefined {
    let at: ModelNode | undefined = this.root;
    for (const name of path) at = at instanceof Map ? at.get(name) : undefined;
    return at instanceof Map ? at : undefined;
  }

  describe(): Record<string, string> {
    const out: Record<string, string> = {};
    const visit = (node: ModelNode, path: string): void => {
      out[path] =
        node instanceof Map
          ? `directory ${2 + [...node.values()].filter((child) => child instanceof Map).length}`
          : `file ${node.links} ${hash(Uint8Array.from(node.bytes))}`;
      if (node instanceof Map) for (const [name, child] of node) visit(child, `${path}/${name}`);
    };
    visit(this.root, '');
    return out;
  }
}

type Step = { verb: string; path: string[]; name: string; to: string[]; other: string; at: number; size: number };

const path = fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 });
const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom('mkdir', 'create', 'write', 'write', 'truncate', 'link', 'rename', 'rename', 'unlink', 'rmdir'),
  path,
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  to: path,
  other: fc.constantFrom('a', 'b', 'c', 'd'),
  at: fc.oneof(fc.nat(50), fc.nat(140_000)),
  size: fc.oneof(fc.nat(50), fc.nat(70_000)),
});

function applyToModel(model: Model, { verb, path, name, to, other, at, size }: Step): void {
  const directory = model.directory(path);
  const node = directory?.get(name);
  if (!directory) return;
  if (verb === 'mkdir' && !node) directory.set(name, new Map());
  if (verb === 'create' && !node) directory.set(name, { bytes: [], links: 1 });
  if (verb === 'unlink' && node && !(node instanceof Map)) {
    node.links--;
    directory.delete(name);
  }
  if (verb === 'rmdir' && node instanceof Map && node.size === 0) directory.delete(name);
  if (verb === 'write' && node && !(node instanceof Map) && size > 0) {
    while (node.bytes.length < at + size) node.bytes.push(0);
    for (let i = 0; i < size; i++) node.bytes[at + i] = (at + i) & 0xff;
  }
  if (verb === 'truncate' && node && !(node instanceof Map)) {
    node.bytes.length = Math.min(node.bytes.length, at);
    while (node.bytes.length < at) node.bytes.push(0);
  }
  const target = model.directory(to);
  const replaced = target?.get(other);
  if (verb === 'link' && target && node && !(node instanceof Map) && !replaced) {
    node.links++;
    target.set(other, node);
  }
  if (verb !== 'rename' || !target || !node || replaced === node) return;
  if (node instanceof Map && contains(node, target)) return;
  if (replaced && replaced instanceof Map !== node instanceof Map) return;
  if (replaced instanceof Map && replaced.size > 0) return;
  if (replaced && !(replaced instanceof Map)) replaced.links--;
  target.delete(other);
  directory.delete(name);
  target.set(other, node);
}

function contains(node: ModelNode, inner: ModelNode): boolean {
  return node === inner || (node instanceof Map && [...node.values()].some((child) => contains(child, inner)));
}

function applyToFs(files: MemoryFs, { verb, path, name, to, other, at, size }: Step): void {
  try {
    const directory = path.reduce((inode, part) => files.lookup(inode, part), files.root);
    const bytes = Uint8Array.from({ length: size }, (_, i) => (at + i) & 0xff);
    if (verb === 'mkdir') files.create(directory, name, fileType.directory | 0o755, owner);
    if (verb === 'create') files.create(directory, name, fileType.regular | 0o644, owner);
    if (verb === 'unlink') files.unlink(directory, name);
    if (verb === 'rmdir') files.removeDirectory(directory, name);
    if (verb === 'write') files.write(files.lookup(directory, name), at, bytes);
    if (verb === 'truncate') files.truncate(files.lookup(directory, name), at);
    if (verb !== 'link' && verb !== 'rename') return;
    const target = to.reduce((inode, part) => files.lookup(inode, part), files.root);
    if (verb === 'link') files.link(target, other, files.lookup(directory, name));
    else files.rename(directory, name, target, other);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
  }
}

describe('MemoryFs', () => {
  it('does as a simple model does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const files = newFs(Number.MAX_SAFE_INTEGER);
        const model = new Model();
        for (const each of steps) {
          applyToFs(files, each);
          applyToModel(model, each);
        }
        expect(describeFs(files)).toEqual(model.describe());
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('never exceeds its limit, counts exactly and gives everything back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const files = newFs();
        const empty = files.usage().usedBytes;
        for (const each of steps) {
          applyToFs(files, each);
          expect(files.usage().usedBytes).toBeLessThanOrEqual(200_000);
        }
        const removeAll = (directory: Inode): void => {
          for (const [name, { inode }] of [...(directory.children ?? [])]) {
            if (!isDirectory(inode)) files.unlink(directory, name);
            else {
              removeAll(inode);
              files.removeDirectory(directory, name);
            }
          }
        };
        removeAll(files.root);
        expect(files.usage()).toMatchObject({ usedBytes: empty, usedInodes: 1 });
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('is the same after being saved and restored, and goes on alike', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 10 }), (before, after) => {
        const files = newFs();
        for (const each of before) applyToFs(files, each);
        const copy = newFs();
        restoreTree(copy, saveTree(files));
        for (const each of after) for (const target of [files, copy]) applyToFs(target, each);
        expect(describeFs(copy)).toEqual(describeFs(files));
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('tells watchers the path of what changed', () => {
    const files = newFs();
    const home = files.create(files.root, 'home', fileType.directory | 0o755, owner);
    const seen: string[] = [];
    const stop = files.watch((changed) => seen.push(changed));
    const file = files.create(home, 'a.txt', fileType.regular | 0o644, owner);
    files.write(file, 0, Uint8Array.of(1));
    files.rename(home, 'a.txt', files.root, 'b.txt');
    files.unlink(files.root, 'b.txt');
    stop();
    files.create(home, 'unseen', fileType.regular, owner);
    expect(seen).toEqual(['home/a.txt', 'home/a.txt', 'home/a.txt', 'b.txt', 'b.txt']);
  });

  it('tells watchers of a file whose other name is gone', () => {
    const files = newFs();
    const file = files.create(files.root, 'temporary', fileType.regular | 0o644, owner);
    files.link(files.root, 'final', file);
    files.unlink(files.root, 'temporary');
    const seen: string[] = [];
    files.watch((changed) => seen.push(changed));
    files.write(file, 0, Uint8Array.of(1));
    expect(seen).toEqual(['final']);
  });

  it('counts names, link targets and attributes against its limit, and gives them back', () => {
    const files = newFs();
    const empty = files.usage().usedBytes;
    const file = files.create(files.root, 'file', fileType.regular | 0o644, owner);
    const fill = (add: (count: number) => void): number => {
      for (let count = 0; ; count++) {
        try {
          add(count);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENOSPC' });
          expect(files.usage().usedBytes).toBeLessThanOrEqual(200_000);
          return count;
        }
      }
    };
    const attributes = fill((count) => files.setXattr(file, `user.${count}`, new Uint8Array(10_000), 'any'));
    expect(attributes).toBe(6); // 64 KiB for one file
    const links = fill((count) => files.symlink(files.root, `l${count}`, 'x'.repeat(4000), owner));
    expect(links).toBeLessThan(40);
    const names = fill((count) => files.link(files.root, `n${count}`, file));
    expect(names).toBeLessThan(40);

    const copy = newFs();
    restoreTree(copy, saveTree(files));
    expect(copy.usage()).toEqual(files.usage());

    files.setXattr(file, 'user.0', undefined, 'any');
    for (const name of [...(files.root.children?.keys() ?? [])]) files.unlink(files.root, name);
    expect(files.usage()).toMatchObject({ usedBytes: empty, usedInodes: 1 });
  });
});
