import { describe, expect, it } from 'vitest';
import type { Compression } from '../compression.ts';
import { decompressLayer } from './decompress.ts';

const limits: number[] = [];
function record(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array> {
  limits.push(limitBytes);
  return Promise.resolve(bytes);
}
const recording: Compression = {
  gzip: (bytes) => Promise.resolve(bytes),
  gunzip: record,
  bunzip2: record,
  unxz: record,
};

describe('decompressLayer', () => {
  it('bounds what an archive may grow to', async () => {
    await decompressLayer(recording, new Uint8Array([0x1f, 0x8b, 0x08, ...new Uint8Array(997)]));
    await decompressLayer(recording, Object.assign(new Uint8Array(50 << 20), { 0: 0x1f, 1: 0x8b, 2: 0x08 }));
    expect(limits).toEqual([(64 << 20) + 100_000, 1 << 30]);
  });

  it('takes plain tars as they are, and refuses other compressions by name', async () => {
    const plain = new Uint8Array(512);
    expect(await decompressLayer(recording, plain)).toBe(plain);
    await expect(decompressLayer(recording, new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0]))).rejects.toThrow(
      'layers compressed with zstd are not supported',
    );
  });
});
