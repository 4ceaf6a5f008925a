import fc from 'fast-check';
import { packTar, type TarEntry } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import type { LayerEntry } from '../image/layer-trees.ts';
import { MemoryLayerTrees } from '../testing/memory-layer-trees.ts';
import { unpackLayer } from './layer-entries.ts';

fc.configureGlobal({ seed: 28 });

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const file = (name: string, body = '', extra: object = {}): TarEntry => ({
  header: { name, size: body.length, mode: 0o644, ...extra },
  body,
});
const entry = (name: string, type: string, extra: object = {}): TarEntry => ({
  header: { name, size: 0, type: type as 'file', mode: 0o755, ...extra },
});
const unpack = async (entries: TarEntry[]): Promise<LayerEntry[]> => unpackLayer(await packTar(entries)).entries;
const shown = (entries: LayerEntry[]): string[] =>
  entries.map(({ path, type, linkName, content, major, xattrs }) => {
    const opaque = xattrs?.['trusted.overlay.opaque'] ? ' opaque' : '';
    return `${type === 'character' && major === 0 ? 'deleted' : type} ${path || '/'}${linkName === undefined ? '' : ` -> ${linkName}`}${content?.length ? ` ${text(content)}` : ''}${opaque}`;
  });

describe('unpackLayer', () => {
  it('cleans paths and makes missing parents', async () => {
    const entries = await unpack([
      entry('./', 'directory', { mode: 0o700 }),
      file('./etc/hosts', 'x'),
      file('/usr//bin/./sh'),
      entry('etc/', 'directory', { mode: 0o711 }),
    ]);
    expect(shown(entries)).toEqual([
      'directory /',
      'directory etc',
      'file etc/hosts x',
      'directory usr',
      'directory usr/bin',
      'file usr/bin/sh',
    ]);
    expect(entries.slice(0, 2).map(({ mode }) => mode)).toEqual([0o700, 0o711]);
  });

  it('keeps links, devices, owners, times and long names', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    const entries = await unpack([
      file('a', 'body', { uid: 1000, gid: 3_000_000, mode: 0o4755, mtime: new Date(1_700_000_000_500) }),
      entry('b', 'link', { linkname: 'a' }),
      entry('c', 'link', { linkname: './b' }),
      entry('d', 'symlink', { linkname: '../../outside' }),
      entry('pipe', 'fifo'),
      file(long, 'y'),
    ]);
    expect(shown(entries)).toEqual([
      'file a body',
      'hardlink b -> a',
      'hardlink c -> a',
      'symlink d -> ../../outside',
      'fifo pipe',
      `directory ${'d'.repeat(120)}`,
      `file ${long} y`,
    ]);
    expect(entries[0]).toMatchObject({ uid: 1000, gid: 3_000_000, mode: 0o4755, mtime: 1_700_000_000 });
  });

  it('keeps device numbers', async () => {
    const tar = await packTar([entry('null', 'character-device')]);
    tar.set(new TextEncoder().encode('0000001\0' + '0000003\0'), 329);
    fixSum(tar.subarray(0, 512));
    expect(unpackLayer(tar).entries[0]).toMatchObject({ type: 'character', major: 1, minor: 3 });
  });

  it('counts bytes as Docker does', async () => {
    expect(unpackLayer(await packTar([file('a', 'four'), file('b', 'six666'), entry('c', 'link', { linkname: 'a' })])).sizeBytes).toBe(10);
  });

  it('turns deletions into overlay whiteouts', async () => {
    const entries = await unpack([
      file('etc/.wh.motd'),
      file('.wh.tmp'),
      entry('var/', 'directory'),
      file('var/.wh..wh..opq'),
      file('var/new', 'n'),
      file('.wh..wh.plnk'),
    ]);
    expect(shown(entries)).toEqual(['directory etc', 'deleted etc/motd', 'deleted tmp', 'directory var opaque', 'file var/new n']);
  });

  it('a deletion means what lies below, not what the layer brings', async () => {
    expect(shown(await unpack([file('a', 'kept'), file('.wh.a')]))).toEqual(['file a kept']);
    expect(shown(await unpack([file('.wh.a'), file('a', 'new')]))).toEqual(['file a new']);
    expect(shown(await unpack([file('.wh.d'), file('d/x', 'new')]))).toEqual(['directory d opaque', 'file d/x new']);
  });

  it('the later of two entries wins', async () => {
    expect(shown(await unpack([file('a', 'one'), file('a', 'two')]))).toEqual(['file a two']);
    expect(shown(await unpack([file('d/x', '1'), file('d', 'plain')]))).toEqual(['file d plain']);
    expect(
      shown(
        await unpack([file('a', 'one'), entry('b', 'link', { linkname: 'a' }), entry('c', 'link', { linkname: 'a' }), file('a', 'two')]),
      ),
    ).toEqual(['file a two', 'file b one', 'hardlink c -> b']);
  });

  it('lets no archive set overlay’s own attributes', async () => {
    const entries = await unpack([
      file('a', '', { pax: { 'SCHILY.xattr.trusted.overlay.redirect': '/x', 'SCHILY.xattr.user.note': 'hi' } }),
    ]);
    expect(Object.keys(entries[0]!.xattrs ?? {})).toEqual(['user.note']);
  });

  it.each([
    ['a path out of the layer', [file('../x')], '"../x" is outside of "/"'],
    ['a path out and in again', [file('a/../../x')], 'is outside of "/"'],
    ['a hardlink out of the layer', [entry('a', 'link', { linkname: '../../etc/passwd' })], 'is outside of "/"'],
    ['a hardlink to nothing', [entry('a', 'link', { linkname: 'nosuch' })], 'invalid hardlink "a" -> "nosuch"'],
    ['a hardlink to a directory', [entry('d/', 'directory'), entry('a', 'link', { linkname: 'd' })], 'invalid hardlink'],
    [
      'a file below a symlink',
      [entry('l', 'symlink', { linkname: '/etc' }), file('l/passwd', 'x')],
      '"l/passwd" is below "l", which is no directory',
    ],
    ['a whiteout of nothing', [file('a/.wh.')], 'invalid whiteout'],
    ['a whiteout of the parent', [file('a/.wh...')], 'invalid whiteout'],
    ['an endless name', [file('n'.repeat(300))], 'invalid file name'],
    ['an endless path', [file('d/'.repeat(3000))], 'file name too long'],
  ] as [string, TarEntry[], string][])('refuses %s', async (_, entries, message) => {
    await expect(unpack(entries)).rejects.toThrow(message);
  });

  it('refuses what is cut short or damaged', async () => {
    const tar = await packTar([file('a', 'x'.repeat(2000)), file('b', 'y')]);
    for (const length of [1, 511, 700, 1500]) expect(() => unpackLayer(tar.subarray(0, length))).toThrow('unexpected EOF');
    const broken = tar.slice();
    broken[0]! ^= 1;
    expect(() => unpackLayer(broken)).toThrow('archive/tar: invalid tar header');
    expect(unpackLayer(new Uint8Array(0)).entries).toEqual([]);
  });

  it('refuses content of less than no bytes', async () => {
    const tar = await packTar([file('a', 'x')]);
    tar.fill(0xff, 124, 136);
    fixSum(tar.subarray(0, 512));
    expect(() => unpackLayer(tar)).toThrow('archive/tar: invalid tar header');
  });

  it('unpacks what another program packed (property)', async () => {
    const name = fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string()), { maxLength: 20 }), async (files) => {
        const model = new Map<string, string>();
        const written: [string, string][] = [];
        for (const [path, body] of files) {
          // Below a file nothing can be; the archive is refused then (its own test), so leave such entries out.
          if ([...model.keys()].some((other) => path.startsWith(`${other}/`))) continue;
          for (const other of [...model.keys()]) if (other.startsWith(`${path}/`)) model.delete(other);
          model.set(path, body);
          written.push([path, body]);
        }
        const tar = await packTar(
          written.map(([path, body]) => ({ header: { name: path, size: new TextEncoder().encode(body).length }, body })),
        );
        const { entries } = unpackLayer(tar);
        new MemoryLayerTrees().put('sha256:x', entries);
        const found = new Map(entries.filter(({ type }) => type === 'file').map(({ path, content }) => [path, text(content)]));
        expect(found).toEqual(model);
      }),
      { numRuns: 200 },
    );
  });

  it('never does more than throw an error of its own, whatever the bytes (fuzz)', async () => {
    const seed = await packTar([
      file('a', 'body'),
      entry('d/', 'directory'),
      entry('l', 'link', { linkname: 'a' }),
      file('x'.repeat(150), 'z'),
      file('.wh.q'),
    ]);
    const changes = fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 6 });
    const fixSums = fc.boolean();
    fc.assert(
      fc.property(changes, fixSums, fc.nat(seed.length), (edits, fix, cut) => {
        const bytes = seed.slice(0, seed.length - (cut % 700));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        if (fix) for (let at = 0; at + 512 <= bytes.length; at += 512) fixSum(bytes.subarray(at, at + 512));
        try {
          new MemoryLayerTrees().put('sha256:x', unpackLayer(bytes).entries);
        } catch (error) {
          expect((error as Error).name).toBe('EngineError');
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Makes a header's checksum right again, so that the fuzzer gets past it. */
function fixSum(header: Uint8Array): void {
  if (text(header.subarray(257, 262)) !== 'ustar') return;
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
}
