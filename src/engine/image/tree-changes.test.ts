import { describe, expect, it } from 'vitest';
import type { LayerEntry } from './layer-trees.ts';
import { LayerIndex, RootFiles } from './root-files.ts';
import { changedBytes, treeChanges } from './tree-changes.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const common = { uid: 0, gid: 0, mtime: 1 };
const directory = (path: string, mode = 0o755): LayerEntry => ({ ...common, path, type: 'directory', mode });
const file = (path: string, text: string, more: Partial<LayerEntry> = {}): LayerEntry => ({
  ...common,
  path,
  type: 'file',
  mode: 0o644,
  content: bytes(text),
  ...more,
});
const hardlink = (path: string, linkName: string): LayerEntry => ({ ...common, path, type: 'hardlink', mode: 0o644, linkName });

const image = [
  directory(''),
  directory('etc'),
  file('etc/a', 'a'),
  hardlink('etc/b', 'etc/a'),
  directory('gone'),
  file('gone/x', 'x'),
  { ...common, path: 'link', type: 'symlink', mode: 0o755, linkName: 'etc/a' } satisfies LayerEntry,
];
const lower = new RootFiles([new LayerIndex(image)]);
const pathsOf = (tree: LayerEntry[]): string[] =>
  treeChanges(lower, tree).map(({ path, type, major }) => `${path} ${type === 'character' && major === 0 ? 'deleted' : type}`);
const without = (...paths: string[]): LayerEntry[] => image.filter(({ path }) => !paths.includes(path));

describe('changes of a tree', () => {
  it('are none in a copy, whichever name of a file comes first', () => {
    expect(pathsOf(image)).toEqual([' directory']);
    expect(pathsOf([...without('etc/a', 'etc/b'), file('etc/b', 'a'), hardlink('etc/a', 'etc/b')])).toEqual([' directory']);
  });

  it.each<[string, LayerEntry[], string[]]>([
    ['a new file', [...image, file('etc/c', 'c')], ['etc directory', 'etc/c file']],
    [
      'other bytes of the same length',
      [...without('etc/a', 'etc/b'), file('etc/a', 'b'), hardlink('etc/b', 'etc/a')],
      ['etc directory', 'etc/a file', 'etc/b hardlink'],
    ],
    ['another time', [...without('gone/x'), file('gone/x', 'x', { mtime: 2 })], ['gone directory', 'gone/x file']],
    ['another owner', [...without('gone/x'), file('gone/x', 'x', { uid: 7 })], ['gone directory', 'gone/x file']],
    ['other permissions of a directory', [...without('gone', 'gone/x'), directory('gone', 0o700), file('gone/x', 'x')], ['gone directory']],
    ['a directory that is gone, once', without('gone', 'gone/x'), ['gone deleted']],
    ['a file that is gone', without('gone/x'), ['gone directory', 'gone/x deleted']],
    ['a file instead of a directory', [...without('gone', 'gone/x'), file('gone', '')], ['gone file']],
    ['a new name of an old file, as a file', [...image, hardlink('new', 'etc/a')], ['new file']],
  ])('tell %s', (_, tree, expected) => {
    expect(pathsOf(tree)).toEqual([' directory', ...expected]);
  });

  it('give a layer that makes of the image what the copy is', () => {
    const tree = [...without('gone', 'gone/x', 'etc/b'), directory('home'), file('home/f', 'four'), hardlink('etc/z', 'home/f')];
    const changes = treeChanges(lower, tree);
    const made = lower.with(new LayerIndex(changes));
    expect([...made.walk('')].map(({ path }) => path)).toEqual(['etc', 'etc/a', 'etc/z', 'home', 'home/f', 'link']);
    expect(new TextDecoder().decode(made.get('etc/z')?.content)).toBe('four');
  });

  it('count a file with several names once', () => {
    expect(changedBytes(treeChanges(lower, [...image, file('m', 'four'), hardlink('n', 'm')]))).toBe(4);
  });
});
