import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '#engine/bytes.ts';
import { readTar } from '#engine/oci/tar.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { streamTar } from './tar-stream.ts';

const encoder = new TextEncoder();

async function* inPieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(1, lengths[turn % Math.max(1, lengths.length)] ?? bytes.length);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

interface Read {
  name: string;
  type: string;
  mode: number;
  linkName: string;
  content: string;
}

async function readStream(bytes: Uint8Array, lengths: readonly number[] = [], skip = false): Promise<Read[]> {
  const found: Read[] = [];
  for await (const { name, type, mode, linkName, content } of streamTar(inPieces(bytes, lengths))) {
    const pieces: Uint8Array[] = [];
    if (!skip) for await (const piece of content) pieces.push(piece);
    found.push({ name, type, mode, linkName, content: new TextDecoder().decode(concatBytes(pieces)) });
  }
  return found;
}

const entry = fc.record({
  path: fc.stringMatching(/^[a-zé][a-z/]{0,150}[a-z]$/).map((path) => path.replace(/\/+/g, '/')),
  type: fc.constantFrom<'file' | 'directory' | 'symlink'>('file', 'directory', 'symlink'),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 5_000_000),
  gid: fc.constant(0),
  mtime: fc.integer({ min: 0, max: 2 ** 31 }),
  content: fc.string({ maxLength: 2000 }).map((text) => encoder.encode(text)),
  linkName: fc.stringMatching(/^[a-z/]{1,120}$/),
});

describe('a tar as it comes', () => {
  test('reads as the whole archive does, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 5 }),
        fc.boolean(),
        async (entries, lengths, skip) => {
          const archive = concatBytes([...entries.flatMap((one) => tarPieces(one)), endOfTar]);
          const whole = [...readTar(archive)].map(({ name, type, mode, linkName, content }) => ({
            name,
            type,
            mode,
            linkName,
            content: skip ? '' : new TextDecoder().decode(content),
          }));
          expect(await readStream(archive, lengths, skip)).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('cut off anywhere, it says so or ends between entries', async () => {
    const archive = concatBytes([
      ...tarPieces({ path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: encoder.encode('x'.repeat(700)) }),
      endOfTar,
    ]);
    for (let length = 0; length < archive.length; length += 100) {
      const read = readStream(archive.subarray(0, length));
      if (length === 0 || length >= 4 * 512) await read;
      else await expect(read).rejects.toThrow('unexpected EOF');
    }
  });

  test('what is no tar is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 4096 }), async (bytes) => {
        const read = await readStream(bytes).catch((error: unknown) => error);
        expect(Array.isArray(read) ? read.length : read).toSatisfy((result: unknown) => result instanceof Error || result === 0);
      }),
      { numRuns: 200 },
    );
  });
});
