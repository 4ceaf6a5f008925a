import { describe, expect, test } from 'vitest';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { FakeEnvironment } from '../../testing.ts';
import { absoluteLocalPath, splitCopyArgument, splitEntry } from './copy-paths.ts';
import { unpackArchive } from './unpack.ts';

type Entry = Parameters<typeof tarPieces>[0];

const entry = (path: string, given: Partial<Entry> = {}): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  ...given,
});

async function* archive(...entries: Entry[]): AsyncGenerator<Uint8Array> {
  for (const one of entries) yield* tarPieces(one);
  yield endOfTar;
}

describe('nothing gets out of the directory', () => {
  test.each<[string, Entry[]]>([
    ['by its name', [entry('../evil')]],
    ['by its name, further on', [entry('a/../../evil')]],
    ['by a hard link', [entry('hard', { type: 'hardlink', linkName: '../secret' })]],
  ])('%s', async (_, entries) => {
    const { files } = new FakeEnvironment({ files: { 'd/x': '', secret: 'S' } });
    await expect(unpackArchive(files, archive(...entries), '/root/d', (name) => name)).rejects.toThrow('is outside of "/root/d"');
    expect(files.paths().filter((path) => path.includes('evil'))).toEqual([]);
  });

  test('a hard link is a second name', async () => {
    const { files } = new FakeEnvironment({ files: { 'd/x': '' } });
    const entries = archive(
      entry('new', { type: 'directory', mode: 0o500 }),
      entry('new/a', { content: new TextEncoder().encode('A') }),
      entry('new/b', { type: 'hardlink', linkName: 'new/a' }),
    );
    await unpackArchive(files, entries, '/root/d', (name) => name.replace('new', 'n'));
    expect([files.describe('d/n'), files.describe('d/n/b')]).toEqual(['directory 500', '644 A']);
  });

  test('a root of names is the directory', async () => {
    const { files } = new FakeEnvironment({ files: { 'd/x': '' } });
    await unpackArchive(files, archive(entry('/a', { content: new TextEncoder().encode('A') })), '/root/d', (name) => name);
    expect(files.describe('d/a')).toBe('644 A');
  });
});

/** Source: moby/go-archive copy.go; docker/cli cli/command/container/cp_test.go. */
describe('paths', () => {
  test.each([
    ['/path', '', '/path'],
    ['./x:y', '', './x:y'],
    ['web:/x', 'web', '/x'],
    ['web:a:b', 'web', 'a:b'],
    ['x', '', 'x'],
  ])('%s', (argument, container, path) => {
    expect(splitCopyArgument(argument)).toEqual([container, path]);
  });

  test.each([
    ['/a/b', '/a', 'b'],
    ['/a/b/', '/a', 'b'],
    ['/a/b/.', '/a/b', '.'],
    ['/', '/', '/'],
    ['.', '.', '.'],
    ['a', '.', 'a'],
  ])('the entry of %s', (path, directory, base) => {
    expect(splitEntry(path)).toEqual([directory, base]);
  });

  test.each([
    ['x', '/root/x'],
    ['x/', '/root/x/'],
    ['x/.', '/root/x/.'],
    ['.', '/root/.'],
    ['../', '/'],
    ['/a//b/../', '/a/'],
  ])('%s from /root', (path, absolute) => {
    expect(absoluteLocalPath('/root', path)).toBe(absolute);
  });
});
