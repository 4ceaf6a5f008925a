/**
 * Takes apart the stream in which the daemon sends standard output and error together when there is
 * no terminal: frames of an eight-byte head (stream, three zeros, length in big-endian) and a payload.
 * Source: moby pkg/stdcopy; Engine API, "Stream format" of ContainerAttach.
 */
import type { CliOutput } from '#cli/environment.ts';

const headBytes = 8;
const stdin = 0;
const stdout = 1;
const stderr = 2;
const systemError = 3;

export interface Frame {
  stream: 'stdout' | 'stderr';
  bytes: Uint8Array;
}

/**
 * Frames in the order they came. A frame that the end cuts short is dropped, as Docker's client does.
 *
 * @throws Error with Docker's words for an unknown stream, and for what the daemon reports inside the stream
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : join(pending, chunk);
    let start = 0;
    while (pending.length - start >= headBytes) {
      const stream = pending[start]!;
      if (stream > systemError) throw new Error(`Unrecognized input header: ${stream}`);
      const end = start + headBytes + lengthAt(pending, start + 4);
      if (pending.length < end) break;
      const bytes = pending.subarray(start + headBytes, end);
      if (stream === systemError) throw new Error(`error from daemon in stream: ${new TextDecoder().decode(bytes)}`);
      if (stream === stdin || stream === stdout) yield { stream: 'stdout', bytes };
      else if (stream === stderr) yield { stream: 'stderr', bytes };
      start = end;
    }
    pending = pending.subarray(start);
  }
}

/** Writes each frame where it belongs; a stream without a writer is dropped. */
export async function copyFrames(chunks: AsyncIterable<Uint8Array>, out: CliOutput | undefined, err: CliOutput | undefined): Promise<void> {
  for await (const frame of readFrames(chunks)) {
    await (frame.stream === 'stdout' ? out : err)?.write(frame.bytes);
  }
}

/** Writes everything, in order. */
export async function copyAll(chunks: AsyncIterable<Uint8Array>, out: CliOutput): Promise<void> {
  for await (const chunk of chunks) await out.write(chunk);
}

function lengthAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 0x1000000 + bytes[offset + 1]! * 0x10000 + bytes[offset + 2]! * 0x100 + bytes[offset + 3]!;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
