/**
 * Makes a plain tar of a layer as it was transferred: gzip, bzip2, xz or tar already. What compression it has is told by its
 * first bytes, whatever the media type says, as in Docker. Bounded against archives that grow without end.
 */
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

/** @throws EngineError `invalid-parameter` for a compression that is not supported, `data-loss` for damaged data */
export async function decompressLayer(compression: Compression, bytes: Uint8Array): Promise<Uint8Array> {
  const name = signatures.find(([, signature]) => signature.every((byte, i) => bytes[i] === byte))?.[0];
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
