import { expect, test } from 'vitest';
import type { LayerEntry } from './layer-trees.ts';
import { LayerIndex, RootFiles } from './root-files.ts';

const file = (path: string, text: string): LayerEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  content: new TextEncoder().encode(text),
});
const plain = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const directory = (path: string, opaque = false): LayerEntry => ({
  path,
  type: 'directory',
  ...plain,
  ...(opaque && { xattrs: { 'trusted.overlay.opaque': new Uint8Array([121]) } }),
});
const link = (path: string, linkName: string): LayerEntry => ({ path, type: 'symlink', ...plain, linkName });
const hardlink = (path: string, linkName: string): LayerEntry => ({ path, type: 'hardlink', ...plain, linkName });
const gone = (path: string): LayerEntry => ({ path, type: 'character', ...plain, major: 0, minor: 0 });
const root = (...layers: LayerEntry[][]): RootFiles => new RootFiles(layers.map((entries) => new LayerIndex(entries)));
const shown = (files: RootFiles): string[] =>
  [...files.walk('')].map(({ path, type, linkName }) => `${type} ${path}${linkName ? ` ${linkName}` : ''}`);
const text = (entry: LayerEntry | undefined): string | undefined => entry?.content && new TextDecoder().decode(entry.content);

test('upper layers show over lower ones, deletions and opaque directories hide them', () => {
  const files = root(
    [
      directory('etc'),
      file('etc/a', 'old'),
      file('etc/b', 'b'),
      directory('var'),
      file('var/x', 'x'),
      directory('opt'),
      file('opt/o', 'o'),
    ],
    [directory('etc'), file('etc/a', 'new'), gone('etc/b'), directory('var', true), file('var/y', 'y'), file('opt', 'a file now')],
  );
  expect(shown(files)).toEqual(['directory etc', 'file etc/a', 'file opt', 'directory var', 'file var/y']);
  expect(text(files.get('etc/a'))).toBe('new');
  expect(files.get('opt/o')).toBeUndefined();
  expect(files.get('var/x')).toBeUndefined();
});

test('a directory that came back after its deletion is a new one', () => {
  const files = root([directory('d'), file('d/old', '')], [gone('d')], [directory('d'), file('d/new', '')]);
  expect(shown(files)).toEqual(['directory d', 'file d/new']);
});

test('names of one file stay names of one file', () => {
  const files = root([file('a', 'text'), hardlink('b', 'a'), hardlink('c', 'a')], [gone('a')]);
  expect(shown(files)).toEqual(['file b', 'hardlink c b']);
  expect(text(files.get('c'))).toBe('text');
});

test('symlinks are followed inside of the root', () => {
  const files = root([
    directory('usr'),
    directory('usr/bin'),
    file('usr/bin/sh', 'sh'),
    link('bin', 'usr/bin'),
    link('up', '../../../usr'),
    link('abs', '/usr/bin'),
    link('loop', 'loop2'),
    link('loop2', '/loop'),
  ]);
  expect(files.resolve('/bin/sh')).toMatchObject({ path: 'usr/bin/sh', entry: { type: 'file' } });
  expect(files.resolve('up/bin/../bin/sh').path).toBe('usr/bin/sh');
  expect(files.resolve('abs/new/file')).toEqual({ path: 'usr/bin/new/file', entry: undefined });
  expect(files.resolve('/../..').path).toBe('');
  expect(files.resolve('bin', false).entry?.type).toBe('symlink');
  expect(() => files.resolve('loop/x')).toThrow('too many levels of symbolic links');
  expect(() => files.resolve('usr/bin/sh/x')).toThrow('not a directory');
});
