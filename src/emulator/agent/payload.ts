/**
 * Payloads of frames: little-endian numbers, byte strings with a length, and texts that end with a NUL so
 * that the agent can use them where they lie. Whatever comes from the guest is read with bounds.
 */
import { encodeName } from '../p9/file-name.ts';
import { HEADER_BYTES, writeHeader } from './frames.ts';

const decoder = new TextDecoder();

export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

/** Builds a whole frame: room for the header is kept in front. */
export class PayloadWriter {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = HEADER_BYTES;

  /** Position of the next byte, for `setU32`. */
  get at(): number {
    return this.#length;
  }

  u8(value: number): this {
    this.#grow(1);
    this.#view.setUint8(this.#length - 1, value);
    return this;
  }

  u16(value: number): this {
    this.#grow(2);
    this.#view.setUint16(this.#length - 2, value, true);
    return this;
  }

  u32(value: number): this {
    this.#grow(4);
    this.#view.setUint32(this.#length - 4, value, true);
    return this;
  }

  u64(value: number | bigint): this {
    this.#grow(8);
    this.#view.setBigUint64(this.#length - 8, BigInt(value), true);
    return this;
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** Lone surrogates are bytes that are no UTF-8, see file-name.ts. A NUL inside ends it, as it would for the kernel; callers refuse such input before. */
  text(text: string): this {
    const nul = text.indexOf('\0');
    return this.bytes(encodeName(nul < 0 ? text : text.slice(0, nul))).u8(0);
  }

  texts(texts: readonly string[]): this {
    for (const text of texts) this.text(text);
    return this;
  }

  /** The frame. */
  finish(type: number, id: number): Uint8Array {
    const frame = this.#bytes.subarray(0, this.#length);
    writeHeader(frame, type, id);
    return frame;
  }

  /** Makes room and returns where it begins. */
  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

export class PayloadReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** As a number: sizes and times fit. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** For what is handed back as it came. */
  bigU64(): bigint {
    return this.#view.getBigUint64(this.#skip(8), true);
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#skip(8), true));
  }

  /** A view, valid as long as the frame. */
  raw(count: number): Uint8Array {
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count);
  }

  bytes(): Uint8Array {
    return this.raw(this.u32());
  }

  text(): string {
    const text = decoder.decode(this.bytes());
    this.u8();
    return text;
  }

  texts(count: number): string[] {
    if (count > this.left / 5) throw new PayloadError('more texts than bytes');
    return Array.from({ length: count }, () => this.text());
  }

  #skip(count: number): number {
    const at = this.#at;
    if (count > this.left) throw new PayloadError('payload ends early');
    this.#at += count;
    return at;
  }
}
