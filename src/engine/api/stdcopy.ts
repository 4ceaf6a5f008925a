/**
 * The frames in which standard output and error share one stream when there is no terminal: stream number,
 * three zeros, length in big-endian, payload.
 * Source: moby pkg/stdcopy.
 */
import { concatBytes } from '../bytes.ts';

/** `system` carries an error of the daemon itself. */
export type FrameStream = 'stdin' | 'stdout' | 'stderr' | 'system';

const streams: readonly FrameStream[] = ['stdin', 'stdout', 'stderr', 'system'];
const headBytes = 8;

export interface Frame {
  stream: FrameStream;
  bytes: Uint8Array;
}

export function encodeFrame(stream: FrameStream, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headBytes + bytes.length);
  frame[0] = streams.indexOf(stream);
  new DataView(frame.buffer).setUint32(4, bytes.length);
  frame.set(bytes, headBytes);
  return frame;
}

/** Takes frames out of chunks of any size; a frame that the end cuts short is dropped. */
export class FrameReader {
  #pending: Uint8Array = new Uint8Array(0);

  /** @throws Error for an unknown stream number */
  push(chunk: Uint8Array): Frame[] {
    const bytes = this.#pending.length === 0 ? chunk : concatBytes([this.#pending, chunk]);
    const frames: Frame[] = [];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    while (bytes.length - start >= headBytes) {
      const stream = streams[bytes[start]!];
      if (!stream) throw new Error(`Unrecognized input header: ${bytes[start]}`);
      const end = start + headBytes + view.getUint32(start + 4);
      if (end > bytes.length) break;
      frames.push({ stream, bytes: bytes.subarray(start + headBytes, end) });
      start = end;
    }
    this.#pending = bytes.slice(start);
    return frames;
  }
}
