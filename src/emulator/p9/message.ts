/**
 * Reading and writing 9P messages. Every length a guest names is checked against what it sent; what
 * does not fit is an FsError, which the server answers like any other.
 */
import { FsError } from './errno.ts';
import { decodeName, encodeName } from './file-name.ts';
import { fileType, isDirectory, typeOf, type Inode } from './inode.ts';
import { HEADER_BYTES, qidType } from './protocol.ts';

export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = HEADER_BYTES;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

  u64(): bigint {
    return this.#view.getBigUint64(this.#skip(8), true);
  }

  /** An offset or size; refused past what a number holds exactly. */
  size(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FsError('EFBIG');
    return Number(value);
  }

  text(): string {
    return decodeName(this.bytes(this.u16()));
  }

  /** A view of the request: to be copied by whoever keeps it. */
  bytes(count: number): Uint8Array {
    const start = this.#skip(count);
    return this.#bytes.subarray(start, start + count);
  }

  #skip(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw new FsError('EPROTO', 'message ends early');
    this.#at += count;
    return start;
  }
}

/** Fills a buffer that is used again for the next reply. */
export class MessageWriter {
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  #at = HEADER_BYTES;

  constructor(capacity: number) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** Bytes written after the header. */
  get length(): number {
    return this.#at - HEADER_BYTES;
  }

  u8(value: number): this {
    this.#view.setUint8(this.#take(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#take(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#take(4), value, true);
    return this;
  }

  u64(value: bigint | number): this {
    this.#view.setBigUint64(this.#take(8), BigInt.asUintN(64, BigInt(value)), true);
    return this;
  }

  text(value: string): this {
    return this.name(encodeName(value));
  }

  name(bytes: Uint8Array): this {
    this.u16(bytes.length);
    this.#buffer.set(bytes, this.#take(bytes.length));
    return this;
  }

  qid(inode: Inode): this {
    this.u8(isDirectory(inode) ? qidType.directory : typeOf(inode) === fileType.symlink ? qidType.symlink : qidType.file);
    return this.u32(inode.version >>> 0).u64(inode.id);
  }

  /** Lets `fill` write up to `count` bytes behind a length field; it returns how many it wrote. */
  counted(count: number, fill: (target: Uint8Array) => number): this {
    const start = this.#at + 4;
    const filled = fill(this.#buffer.subarray(start, Math.min(start + count, this.#buffer.length)));
    this.u32(filled);
    this.#take(filled);
    return this;
  }

  /** Sets the number at the start of the reply's fields, once it is known. */
  patchCount(value: number): void {
    this.#view.setUint32(HEADER_BYTES, value, true);
  }

  /** The finished message, valid until the writer is used again. */
  finish(type: number, tag: number): Uint8Array {
    const size = this.#at;
    this.#view.setUint32(0, size, true);
    this.#view.setUint8(4, type);
    this.#view.setUint16(5, tag, true);
    this.reset();
    return this.#buffer.subarray(0, size);
  }

  reset(): void {
    this.#at = HEADER_BYTES;
  }

  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#buffer.length) throw new FsError('EPROTO', 'reply does not fit');
    this.#at += count;
    return start;
  }
}
