import { describe, expect, test } from 'vitest';
import { readFrames } from './stdcopy.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function frame(stream: number, payload: string): number[] {
  const bytes = new TextEncoder().encode(payload);
  return [stream, 0, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 255, ...bytes];
}

async function* pieces(bytes: number[], size: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield Uint8Array.from(bytes.slice(start, start + size));
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const frames: string[] = [];
  for await (const { stream, bytes } of readFrames(chunks)) frames.push(`${stream}:${text(bytes)}`);
  return frames;
}

describe('readFrames', () => {
  const stream = [...frame(1, 'one\n'), ...frame(2, 'two'), ...frame(1, ''), ...frame(1, 'x'.repeat(700))];

  test.each([1, 3, 8, 9, 4096])('gives the same frames however the stream is cut (%i bytes)', async (size) => {
    expect(await read(pieces(stream, size))).toEqual(['stdout:one\n', 'stderr:two', 'stdout:', `stdout:${'x'.repeat(700)}`]);
  });

  test('drops a frame that the end cuts short', async () => {
    expect(await read(pieces([...frame(1, 'whole'), ...frame(1, 'cut').slice(0, 10)], 64))).toEqual(['stdout:whole']);
  });

  test('refuses an unknown stream', async () => {
    await expect(read(pieces(frame(9, 'x'), 64))).rejects.toThrow('Unrecognized input header: 9');
  });

  test("reports the daemon's error inside the stream", async () => {
    await expect(read(pieces(frame(3, 'log gone'), 64))).rejects.toThrow('error from daemon in stream: log gone');
  });
});
