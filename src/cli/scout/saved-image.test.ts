/** Files of an image, read out of an archive that goes by: layers over layers, whatever the archive's maker thought of. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { osRelease, packageDatabases, readSavedImage, type FoundFiles } from './saved-image.ts';
import { DamagedTar } from './tar-reader.ts';
import { pieces, savedImage, tarOf, type Tree } from './testing.ts';

const STATUS = 'var/lib/dpkg/status';

async function read(archive: Uint8Array, size = 1000): Promise<FoundFiles[]> {
  return await readSavedImage(pieces(archive, size));
}

async function topOf(...layers: Tree[]): Promise<FoundFiles> {
  return (await read(savedImage(...layers))).at(-1)!;
}

describe('files of a saved image', () => {
  it('are those of the topmost layer that has them', async () => {
    const states = await read(savedImage({ [STATUS]: 'old', 'etc/passwd': 'x' }, { 'usr/bin/app': 'y' }, { [`./${STATUS}`]: 'new' }));
    expect(states.map(packageDatabases)).toEqual([['old'], ['old'], ['new']]);
  });

  it.each([1, 511, 512, 513, 100_000])('are the same in pieces of %i bytes', async (size) => {
    const archive = savedImage({ [STATUS]: 'a'.repeat(700), 'usr/lib/os-release': 'ID=debian' });
    const [files] = await read(archive, size);
    expect(packageDatabases(files!)).toEqual(['a'.repeat(700)]);
    expect(osRelease(files!)).toBe('ID=debian');
  });

  it('one package a file, without the lists of checksums', async () => {
    const files = await topOf({
      'var/lib/dpkg/status.d/base-files': 'Package: base-files',
      'var/lib/dpkg/status.d/base-files.md5sums': 'no',
      'var/lib/dpkg/status.d/deeper/file': 'no',
    });
    expect(packageDatabases(files)).toEqual(['Package: base-files']);
  });

  it.each([
    ['the file', 'var/lib/dpkg/.wh.status'],
    ['a directory above', 'var/.wh.lib'],
    ['all in its directory', 'var/lib/dpkg/.wh..wh..opq'],
    ['all there is', '.wh..wh..opq'],
  ])('are gone when a layer takes away %s', async (_what, whiteout) => {
    expect(packageDatabases(await topOf({ [STATUS]: 'old' }, { [whiteout]: '' }))).toEqual([]);
    // What the same layer brings stays.
    expect(packageDatabases(await topOf({ [STATUS]: 'old' }, { [STATUS]: 'new', [whiteout]: '' }))).toEqual(['new']);
  });

  it('are not there where a directory has taken their place', async () => {
    expect(packageDatabases(await topOf({ [STATUS]: 'old' }, { [`${STATUS}/`]: '' }))).toEqual([]);
  });

  it('none, in an image without layers', async () => {
    expect(await read(tarOf({ 'manifest.json': '[{"Layers":null}]' }))).toEqual([]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['without a manifest', tarOf({ file: '' }), /no manifest/],
    ['with a manifest that is none', tarOf({ 'manifest.json': '{' }), /no JSON/],
    ['whose manifest lists no layers', tarOf({ 'manifest.json': '[{"Layers":[1]}]' }), /lists no layers/],
    [
      'that lacks a layer',
      tarOf({ 'manifest.json': '[{"Layers":["blobs/sha256/\\u001b[31m"]}]' }),
      /^layer blobs\/sha256\/\?\[31m is missing/,
    ],
    ['that stops in the middle', savedImage({ [STATUS]: 'x'.repeat(5000) }).subarray(0, 3000), /unexpected end/],
    ['that is none', new Uint8Array(2000).fill(65), /invalid tar header/],
  ])('an archive %s is refused', async (_what, archive, message) => {
    await expect(read(archive)).rejects.toThrow(message);
  });

  it('a layer that stops in the middle is refused', async () => {
    const layer = tarOf({ [STATUS]: 'x'.repeat(5000) }).subarray(0, 2048);
    const archive = tarOf({ 'blobs/sha256/a': layer, 'manifest.json': '[{"Layers":["blobs/sha256/a"]}]' });
    await expect(read(archive)).rejects.toThrow(DamagedTar);
  });

  it('damage gives an answer or a refusal, nothing else', async () => {
    const whole = savedImage({ [STATUS]: 'Package: a', 'etc/os-release': 'ID=debian' }, { 'var/lib/dpkg/.wh.status': '' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat(whole.length),
        async (changes, end) => {
          const damaged = whole.slice(0, Math.max(end, whole.length / 2));
          for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
          await read(damaged, 700).catch((error: unknown) => expect(error).toBeInstanceOf(DamagedTar));
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });
});
