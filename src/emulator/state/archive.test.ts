import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packArchive, unpackArchive } from './archive.ts';
import { packImage, unpackImage, type MachineImage } from './machine-image.ts';

const image: MachineImage = {
  processor: Uint8Array.of(1, 2, 3),
  layers: { tree: { nextId: 1, inodes: [], blobs: [Uint8Array.of(9)] }, server: { messageBytes: 8192, fids: [] } },
  share: { tree: { nextId: 1, inodes: [], blobs: [] }, server: { messageBytes: 8192, fids: [] } },
  agent: { channels: [{ chunks: [new Uint8Array(1000)] }] },
  nodes: [],
  mirror: { listener: 2, names: 1 },
  shells: [],
};

describe('archive', () => {
  it('gives back what went in', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array(),
        fc.array(tie('value')),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('value'),
        ),
      ),
    })).value;
    fc.assert(
      fc.property(value, (each) => {
        expect(unpackArchive(packArchive(each))).toEqual(each);
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it('takes Node’s buffers for the bytes that they are', () => {
    expect(unpackArchive(packArchive({ a: Buffer.from('text') }))).toEqual({ a: new Uint8Array(Buffer.from('text')) });
  });

  it('refuses every cut and every changed length', () => {
    const bytes = packArchive({ a: new Uint8Array(50), b: [new Uint8Array(3)] });
    for (let length = 0; length < bytes.length; length++)
      expect(() => unpackArchive(bytes.slice(0, length))).toThrow('not a saved machine');
    expect(() => unpackArchive(new Uint8Array([...bytes, 0]))).toThrow('not a saved machine');
  });
});

describe('machine image', () => {
  it.each([true, false])('round trip, processor compressed: %s', async (compressed) => {
    expect(await unpackImage(await packImage(image, 'fit', compressed), 'fit')).toEqual(image);
  });

  it('is refused when it fits another machine', async () => {
    await expect(unpackImage(await packImage(image, 'one', true), 'two')).rejects.toThrow('another version');
  });

  it('is refused when damaged', async () => {
    const bytes = await packImage(image, 'fit', false);
    await expect(unpackImage(bytes.slice(0, -5), 'fit')).rejects.toThrow('not a saved machine');
    bytes.fill(0x55, bytes.length - 20);
    await expect(unpackImage(bytes, 'fit')).rejects.toThrow('not a saved machine');
  });
});
