import { describe, expect, test } from 'vitest';
import { encodeFrame, type FrameStream } from '#engine/api/stdcopy.ts';
import type { CliOutput } from '../environment.ts';
import { copyFrames } from './stdcopy.ts';

const frame = (stream: FrameStream, text: string): number[] => [...encodeFrame(stream, new TextEncoder().encode(text))];

async function* pieces(bytes: number[], size: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield Uint8Array.from(bytes.slice(start, start + size));
}

/** What was written, in order, by stream. */
async function copied(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const written: string[] = [];
  const writer = (name: string): CliOutput => ({
    isTerminal: false,
    async write(data) {
      written.push(`${name}:${typeof data === 'string' ? data : new TextDecoder().decode(data)}`);
    },
    size: () => undefined,
  });
  await copyFrames(chunks, writer('out'), writer('err'));
  return written;
}

describe('copyFrames', () => {
  const stream = [...frame('stdout', 'one\n'), ...frame('stderr', 'two'), ...frame('stdin', ''), ...frame('stdout', 'x'.repeat(700))];

  test.each([1, 3, 8, 9, 4096])('writes the same however the stream is cut (%i bytes)', async (size) => {
    expect(await copied(pieces(stream, size))).toEqual(['out:one\n', 'err:two', 'out:', `out:${'x'.repeat(700)}`]);
  });

  test('drops a frame that the end cuts short', async () => {
    expect(await copied(pieces([...frame('stdout', 'whole'), ...frame('stdout', 'cut').slice(0, 10)], 64))).toEqual(['out:whole']);
  });

  test('refuses an unknown stream', async () => {
    await expect(copied(pieces([9, ...frame('stdout', 'x').slice(1)], 64))).rejects.toThrow('Unrecognized input header: 9');
  });

  test("reports the daemon's error inside the stream", async () => {
    await expect(copied(pieces(frame('system', 'log gone'), 64))).rejects.toThrow('error from daemon in stream: log gone');
  });
});
