/** Cutting a byte stream into frames, and payloads: every cut gives the same frames. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameError, FrameReader, MAX_FRAME_BYTES, type Frame } from './frames.ts';
import { PayloadError, PayloadReader, PayloadWriter } from './payload.ts';

const frames = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    id: fc.integer({ min: 0, max: 0xffff_ffff }),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 20 },
);

function collect(): { reader: FrameReader; seen: Frame[] } {
  const seen: Frame[] = [];
  return { seen, reader: new FrameReader((frame) => void seen.push({ ...frame, payload: frame.payload.slice() })) };
}

function join(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('frames', () => {
  test('come out as they went in, however the stream is cut and whenever the reader is saved', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), fc.nat(20), (sent, cuts, saveAfter) => {
        const stream = join(sent.map(({ type, id, payload }) => encodeFrame(type, id, payload)));
        let { reader, seen } = collect();
        const all = seen;
        for (let at = 0, piece = 0; at < stream.length; piece++) {
          const length = cuts[piece % cuts.length]!;
          reader.push(stream.slice(at, at + length));
          at += length;
          if (piece !== saveAfter) continue;
          const saved = reader.save();
          reader = new FrameReader((frame) => void all.push({ ...frame, payload: frame.payload.slice() }), saved);
        }
        ({ seen } = { seen: all });
        expect(seen).toEqual(sent);
        expect(reader.save()).toEqual(new Uint8Array(0));
      }),
    );
  });

  test('of the largest size', () => {
    const { reader, seen } = collect();
    const frame = encodeFrame(2, 7, new Uint8Array(MAX_FRAME_BYTES - 5).fill(1));
    for (let at = 0; at < frame.length; at += 4096) reader.push(frame.subarray(at, at + 4096));
    expect(seen).toHaveLength(1);
    expect(seen[0]!.payload.length).toBe(MAX_FRAME_BYTES - 5);
  });

  test.each([0, 4, MAX_FRAME_BYTES + 1, 0xffff_ffff])('with a length of %i are refused', (length) => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, length, true);
    expect(() => collect().reader.push(bytes)).toThrow(FrameError);
    const slow = collect().reader;
    expect(() => bytes.forEach((byte) => slow.push(Uint8Array.of(byte)))).toThrow(FrameError);
  });
});

describe('payloads', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.nat(65535),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }),
        fc.uint8Array(),
        fc.string({ unit: 'grapheme' }),
        (a, b, c, d, bytes, text) => {
          const clean = text.replaceAll('\0', '');
          const frame = new PayloadWriter().u8(a).u16(b).u32(c).u64(d).bytes(bytes).text(clean).finish(1, 2);
          const reader = new PayloadReader(frame.subarray(9));
          expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.bytes(), reader.text(), reader.left]).toEqual([
            a,
            b,
            c,
            Number(d),
            bytes,
            clean,
            0,
          ]);
        },
      ),
    );
  });

  test('that end early are refused, whatever is asked', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = new PayloadReader(bytes);
        try {
          for (;;) reader.texts(reader.u32());
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
        }
      }),
    );
  });

  test('end a text at a NUL', () => {
    const frame = new PayloadWriter().text('a\0b').finish(1, 2);
    expect(new PayloadReader(frame.subarray(9)).text()).toBe('a');
  });
});
