/** A stream says of an archive what reading it whole says, however it is cut. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EngineError } from '../errors.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { concatBytes } from '../bytes.ts';
import { readTar } from './tar.ts';
import { readTarStream } from './tar-stream.ts';
import { packTar } from './tar-writer.ts';

async function* cut(archive: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < archive.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield archive.subarray(at, at + size);
    at += size;
  }
}

interface Found {
  entries: { name: string; type: string; content: string }[];
  error?: string;
}

async function streamed(archive: Uint8Array, sizes: number[]): Promise<Found> {
  const entries: Found['entries'] = [];
  try {
    for await (const piece of readTarStream(cut(archive, sizes))) {
      if ('entry' in piece) entries.push({ name: piece.entry.name, type: piece.entry.type, content: '' });
      else entries.at(-1)!.content += Buffer.from(piece.content).toString('latin1');
    }
    return { entries };
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    return { entries, error: (error as Error).message };
  }
}

function whole(archive: Uint8Array): Found {
  const entries: Found['entries'] = [];
  try {
    for (const { name, type, content } of readTar(archive)) entries.push({ name, type, content: Buffer.from(content).toString('latin1') });
    return { entries };
  } catch (error) {
    return { entries, error: (error as Error).message };
  }
}

const common = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const sample: LayerEntry[] = [
  { ...common, path: 'dir', type: 'directory' },
  { ...common, path: 'dir/file', type: 'file', content: new TextEncoder().encode('content') },
  { ...common, path: 'dir/empty', type: 'file', content: new Uint8Array() },
  { ...common, path: `dir/${'long'.repeat(60)}`, type: 'file', content: new Uint8Array(1500).fill(97), uid: 5_000_000 },
  { ...common, path: 'dir/hard', type: 'hardlink', linkName: 'dir/file' },
  { ...common, path: 'ä', type: 'symlink', linkName: 'ö' },
];
const archive = concatBytes(packTar(sample));

describe('a stream of tar', () => {
  it.each([[[1]], [[512]], [[7, 1000, 3]], [[100_000]]])('cut into pieces of %j', async (sizes) => {
    expect(await streamed(archive, sizes)).toEqual(whole(archive));
    expect(whole(archive).entries.length).toBe(sample.length);
  });

  it('that is damaged anywhere ends as the whole does', async () => {
    const bytes = fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(archive.length), fc.integer({ min: 1, max: 2000 }), async (changes, length, size) => {
        const damaged = archive.slice(0, length);
        for (const [at, value] of changes) if (at < length) damaged[at] = value;
        const [a, b] = [await streamed(damaged, [size]), whole(damaged)];
        expect(a.error).toBe(b.error);
        // The stream had begun with what turned out to be cut off.
        expect(a.entries.slice(0, b.entries.length)).toEqual(b.entries);
      }),
      { seed: 20262, numRuns: 300 },
    );
  });
});
