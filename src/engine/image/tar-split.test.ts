import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../bytes.ts';
import { unpackLayer } from '../oci/layer-entries.ts';
import { packTar } from '../oci/tar-writer.ts';
import type { LayerEntry } from './layer-trees.ts';
import { joinTar, splitTar } from './tar-split.ts';

const name = fc.stringMatching(/^[a-zé]{1,9}( [a-z]{1,120})?$/);
const bytes = fc.uint8Array({ maxLength: 1500 });
const common = {
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1000, 3_000_000),
  gid: fc.constantFrom(0, 33),
  mtime: fc.constantFrom(0, 1_700_000_000, -5),
};
const leaf = fc.oneof(
  fc.record({ ...common, type: fc.constant('file' as const), content: bytes }),
  fc.record({ ...common, type: fc.constant('symlink' as const), linkName: fc.constantFrom('x', '../y', 'z'.repeat(150)) }),
  fc.record({ ...common, type: fc.constant('character' as const), major: fc.constantFrom(0, 5), minor: fc.constantFrom(0, 1) }),
  fc.record({ ...common, type: fc.constant('fifo' as const) }),
  fc.record({ ...common, type: fc.constant('file' as const), content: bytes, xattrs: fc.record({ 'user.a': bytes }) }),
);

/** Entries of a directory `d` with files in it, one of them linked twice. */
const layers = fc.uniqueArray(fc.tuple(name, leaf), { selector: ([path]) => path, maxLength: 12 }).map((leaves): LayerEntry[] => {
  const directory: LayerEntry = { path: 'd', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 7 };
  const files = leaves.map(([path, entry]): LayerEntry => ({ ...entry, path: `d/${path}` }));
  const first = files.find(({ type }) => type === 'file');
  const link = first && { path: 'd/~link', type: 'hardlink' as const, mode: 0, uid: 0, gid: 0, mtime: 0, linkName: first.path };
  return [directory, ...files, ...(link ? [link] : [])];
});

test('a layer written as tar unpacks to itself', () => {
  fc.assert(
    fc.property(layers, (entries) => {
      const unpacked = unpackLayer(concatBytes(packTar(entries))).entries;
      const plain = (list: LayerEntry[]): object[] =>
        list.map(({ content, major, minor, mtime, mode, type, ...rest }) => ({
          ...rest,
          type,
          ...(type === 'file' ? { content: [...(content ?? [])] } : {}),
          // A deletion keeps nothing but its name and time, a link nothing of its own.
          ...(type === 'hardlink' || (type === 'character' && !major && !minor)
            ? {}
            : { mode, mtime, major: major ?? 0, minor: minor ?? 0 }),
        }));
      const withoutOwner = (list: object[]): object[] =>
        list.map((entry) => ('mode' in entry ? entry : { ...entry, uid: 0, gid: 0, mtime: 0 }));
      expect(withoutOwner(plain(unpacked))).toEqual(withoutOwner(plain(entries)));
    }),
  );
});

test('a tar is put together again from its files and what was kept besides', () => {
  fc.assert(
    fc.property(layers, bytes, (entries, noise) => {
      const archive = concatBytes([...packTar([...entries, ...entries]), noise.map(() => 0)]);
      const unpacked = unpackLayer(archive).entries;
      const copies = unpacked.map((entry) => ({ ...entry, ...(entry.content && { content: entry.content.slice() }) }));
      expect(Buffer.compare(concatBytes(joinTar(splitTar([archive], unpacked), copies)!), archive)).toBe(0);
    }),
  );
});

test('in pieces, with contents that are shared, it says the same', () => {
  fc.assert(
    fc.property(layers, (entries) => {
      const shared = entries.map((entry) => (entry.type === 'file' ? { ...entry, path: `${entry.path}.again` } : undefined));
      const pieces = packTar([...entries, ...shared.filter((entry) => entry !== undefined)]);
      const { entries: unpacked } = unpackLayer(pieces);
      expect(unpacked).toEqual(unpackLayer(concatBytes(pieces)).entries);
      const split = splitTar(pieces, unpacked);
      expect(Buffer.compare(concatBytes(joinTar(split, unpacked)!), concatBytes(pieces))).toBe(0);
      const lines = new TextDecoder().decode(split).split('\n');
      expect(lines.filter((line) => line.includes('"type":1'))).toHaveLength(unpacked.filter(({ content }) => content?.length).length);
    }),
  );
});

test('a file that was changed or lost is noticed', () => {
  const archive = concatBytes(packTar([{ path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: new Uint8Array(3) }]));
  const split = splitTar([archive], unpackLayer(archive).entries);
  expect(joinTar(split, [])).toBeUndefined();
  expect(joinTar(split, [{ ...unpackLayer(archive).entries[0]!, content: new Uint8Array(4) }])).toBeUndefined();
  expect(joinTar(new Uint8Array([1, 2, 3]), [])).toBeUndefined();
});
