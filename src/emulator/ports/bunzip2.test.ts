import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EngineError } from '#engine/errors.ts';
import { bunzip2 } from './bunzip2.ts';
import { systemCompression } from './compression.ts';

/** `hello world` and a newline, by bzip2 1.0.8. */
const hello = Uint8Array.from(Buffer.from('QlpoOTFBWSZTWU7s6DYAAAJRgAAQQAAGRJCAIAAxBkxBAaeppYC7lDH4u5IpwoSCd2dBsA==', 'base64'));

const bzip2 = (input: Uint8Array): Uint8Array | undefined => {
  const { status, stdout, error } = spawnSync('bzip2', ['-c'], { input, maxBuffer: 1 << 28 });
  return error || status !== 0 ? undefined : new Uint8Array(stdout);
};

test('text', () => {
  expect(Buffer.from(bunzip2(hello, 100)).toString()).toBe('hello world\n');
  expect(Buffer.from(bunzip2(Buffer.concat([hello, hello]), 100)).toString()).toBe('hello world\nhello world\n');
});

test('no more than the limit', () => {
  expect(() => bunzip2(hello, 5)).toThrow('unpacked data exceeds 5 bytes');
});

test('damage is found, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: hello.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 1, max: 60 }),
      (at, flip, cut) => {
        const changed = hello
          .map((byte, i) => (i === at ? byte ^ flip : byte))
          .subarray(0, Math.max(1, hello.length - (flip % 3 === 0 ? cut : 0)));
        try {
          // What stands behind the block is the stream's checksum and padding.
          expect(Buffer.from(bunzip2(changed, 1000)).toString()).toBe('hello world\n');
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          expect(error.kind).toBe('data-loss');
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('noise', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => bunzip2(Buffer.concat([Buffer.from('BZh91AY&SY'), bytes]), 1 << 20)).toThrow(EngineError);
    }),
    { numRuns: 300 },
  );
});

test.skipIf(!bzip2(new Uint8Array(1)))('what bzip2 packs, it unpacks', () => {
  const inputs = [
    new Uint8Array(0),
    new Uint8Array(3_000_000),
    Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) >> 3),
    Buffer.from('abcabcaaaaaaaaaaaaaaaaaabbbbb'.repeat(20_000)),
    Uint8Array.from({ length: 700 }, (_, i) => i),
  ];
  for (const input of inputs) expect(Buffer.compare(bunzip2(bzip2(input)!, 4_000_000), input)).toBe(0);
});

test('xz by way of its package, within the limit too', async () => {
  const packed = spawnSync('xz', ['-c'], { input: 'hello world\n' });
  if (packed.error) return;
  const bytes = new Uint8Array(packed.stdout);
  expect(Buffer.from(await systemCompression.unxz(bytes, 100)).toString()).toBe('hello world\n');
  await expect(systemCompression.unxz(bytes, 5)).rejects.toThrow('exceeds 5 bytes');
  await expect(systemCompression.unxz(bytes.subarray(0, 30), 100)).rejects.toMatchObject({ kind: 'data-loss' });
});
