/**
 * Makes a plain tar of a layer as it was transferred: gzip, bzip2, xz or tar already. What compression it has is told by its
 * first bytes, whatever the media type says, as in Docker. Bounded against archives that grow without end.
 */
import { concatBytes } from '../bytes.ts';
import type { Compression } from '../compression.ts';
import { EngineError } from '../errors.ts';

const maxLayerBytes = 1 << 30;
/** Real layers shrink to a tenth at best; this leaves room for much and still stops a bomb early. */
const maxGrowth = 100;
const alwaysAllowedBytes = 64 << 20;

const signatures: [name: string, bytes: number[]][] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Of the longest signature. */
const signatureBytes = 6;

/** @throws EngineError `invalid-parameter` for a compression that is not supported, `data-loss` for damaged data */
export async function decompressLayer(compression: Compression, bytes: Uint8Array): Promise<Uint8Array> {
  const name = compressionOf(bytes);
  const limitBytes = Math.min(maxLayerBytes, alwaysAllowedBytes + maxGrowth * bytes.length);
  switch (name) {
    case undefined:
      return bytes;
    case 'gzip':
      return compression.gunzip(bytes, limitBytes);
    case 'bzip2':
      return compression.bunzip2(bytes, limitBytes);
    case 'xz':
      return compression.unxz(bytes, limitBytes);
    default:
      throw new EngineError('invalid-parameter', `layers compressed with ${name} are not supported, only gzip, bzip2, xz and plain tar`);
  }
}

/**
 * An archive that comes little by little, without its compression: a plain one is passed on as it comes, another is unpacked
 * as a whole.
 *
 * @throws EngineError as decompressLayer does, and `invalid-parameter` for more than `maxCompressedBytes` that are compressed
 */
export async function* decompressStream(
  compression: Compression,
  archive: AsyncIterable<Uint8Array>,
  maxCompressedBytes: number,
): AsyncGenerator<Uint8Array> {
  const source = archive[Symbol.asyncIterator]();
  const rest = { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
  try {
    let head: Uint8Array = new Uint8Array(0);
    while (head.length < signatureBytes) {
      const next = await source.next();
      if (next.done) break;
      head = concatBytes([head, next.value]);
    }
    if (compressionOf(head) === undefined) {
      yield head;
      yield* rest;
      return;
    }
    const parts = [head];
    let length = head.length;
    for await (const part of rest) {
      parts.push(part);
      if ((length += part.length) > maxCompressedBytes) throw new EngineError('invalid-parameter', 'the compressed archive is too large');
    }
    yield await decompressLayer(compression, concatBytes(parts));
  } finally {
    await source.return?.();
  }
}

function compressionOf(head: Uint8Array): string | undefined {
  return signatures.find(([, signature]) => signature.every((byte, i) => head[i] === byte))?.[0];
}
