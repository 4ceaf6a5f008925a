/**
 * Frames of the agent's protocol (docs/agent-protocol.md): their numbers, and cutting a byte stream into
 * them. Knows nothing of what a frame means.
 */

export const PROTOCOL_VERSION = 1;

/** Type and id follow the length, which counts all but itself. */
export const HEADER_BYTES = 9;
/** Of `length`. */
export const MAX_FRAME_BYTES = 1 << 20;
/** Payload of one DATA frame that we send. */
export const MAX_DATA_BYTES = 32_768;
/** Bytes that may be sent on a new channel before the agent grants more. */
export const AGENT_WINDOW_BYTES = 32_768;
/** Bytes that the agent may send on a channel before the consumer took some. */
export const DEFAULT_WINDOW_BYTES = 262_144;
/** Set in ids that the agent chose. */
export const AGENT_ID = 0x8000_0000;

export const frameType = {
  batch: 0x01,
  data: 0x02,
  credit: 0x03,
  close: 0x04,
  stop: 0x05,
  resize: 0x06,
  stubExit: 0x07,
  stubRaw: 0x08,
  daemonStopped: 0x09,
  resync: 0x0a,
  ping: 0x0b,
  daemonLog: 0x0c,
  unlisten: 0x0d,
  hello: 0x81,
  result: 0x82,
  exit: 0x83,
  orphanExit: 0x84,
  stubHello: 0x85,
  stubSignal: 0x86,
  stubSize: 0x87,
  stubGone: 0x88,
  connectionOpen: 0x89,
  daemon: 0x8a,
  nodeGone: 0x8b,
  synced: 0x8c,
  pong: 0x8d,
  opened: 0x8e,
  fatal: 0x8f,
} as const;

export interface Frame {
  type: number;
  /** The channel, request, process, stub or node that the frame is about. */
  id: number;
  /** Valid only while the frame is handled. */
  payload: Uint8Array;
}

export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export function encodeFrame(type: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  writeHeader(frame, type, id);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** Fills in the header of a frame whose payload is already in place. */
export function writeHeader(frame: Uint8Array, type: number, id: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES);
  view.setUint32(0, frame.length - 4, true);
  view.setUint8(4, type);
  view.setUint32(5, id, true);
}

/** Puts frames together from pieces of any size. */
export class FrameReader {
  /** The beginning of a frame whose rest has not come yet; at least a header's worth of room. */
  #partial = new Uint8Array(HEADER_BYTES);
  #have = 0;

  constructor(
    private readonly handle: (frame: Frame) => void,
    saved: Uint8Array = new Uint8Array(0),
  ) {
    this.push(saved);
  }

  /** Bytes of a frame that is not complete, to be given to a new reader. */
  save(): Uint8Array {
    return this.#partial.slice(0, this.#have);
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#have === 0) {
        const length = frameLength(bytes, at);
        if (length !== undefined && at + length <= bytes.length) {
          this.#dispatch(bytes.subarray(at, at + length));
          at += length;
          continue;
        }
      }
      at += this.#collect(bytes.subarray(at));
    }
  }

  /** Adds to the partial frame and handles it when whole. Returns how many bytes it took. */
  #collect(bytes: Uint8Array): number {
    const wanted = this.#have < 4 ? 4 : (frameLength(this.#partial, 0) ?? 4);
    if (this.#partial.length < wanted) {
      const grown = new Uint8Array(wanted);
      grown.set(this.#partial.subarray(0, this.#have));
      this.#partial = grown;
    }
    const taken = bytes.subarray(0, wanted - this.#have);
    this.#partial.set(taken, this.#have);
    this.#have += taken.length;
    const length = this.#have >= 4 ? frameLength(this.#partial, 0) : undefined;
    if (length === this.#have) {
      const whole = this.#partial.subarray(0, length);
      this.#partial = new Uint8Array(HEADER_BYTES);
      this.#have = 0;
      this.#dispatch(whole);
    }
    return taken.length;
  }

  #dispatch(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.handle({ type: view.getUint8(4), id: view.getUint32(5, true), payload: frame.subarray(HEADER_BYTES) });
  }
}

/** Length of the whole frame that begins at `at`, undefined while its length field is not there. */
function frameLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length - at < 4) return undefined;
  const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  if (length < HEADER_BYTES - 4 || length > MAX_FRAME_BYTES) throw new FrameError(`a frame of ${length} bytes`);
  return 4 + length;
}
