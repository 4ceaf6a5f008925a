/**
 * The bytes of one file. Kept in 64 KiB chunks so that files may grow cheaply and have holes; bytes that
 * were handed over whole (an unpacked layer) stay as they are, shared, until the first write.
 */

import { FsError } from './errno.ts';

const CHUNK = 64 * 1024;
/** Most that is handed out in one piece: a hole costs its maker nothing, and may be longer than any memory. */
const MAX_PIECE_BYTES = 512 * 1024 * 1024;

export class FileContent {
  /** The whole file as it was handed over; never written to. */
  #whole: Uint8Array | undefined;
  /** Chunk index → bytes; a missing chunk, or the rest of a short one, reads as zeros. */
  #chunks = new Map<number, Uint8Array>();
  #size = 0;
  #allocated = 0;

  /** Takes the bytes without copying; the caller does not change them afterwards. */
  static of(bytes: Uint8Array): FileContent {
    const content = new FileContent();
    content.#whole = bytes;
    content.#size = bytes.length;
    return content;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** Bytes of memory that the file takes: what counts against a file system's limit. */
  get allocatedBytes(): number {
    return this.#whole ? this.#whole.length : this.#allocated;
  }

  /** How much `allocatedBytes` grows when `count` bytes are written at `offset`. */
  growthOf(offset: number, count: number): number {
    let growth = 0;
    for (let index = Math.floor(offset / CHUNK); index * CHUNK < offset + count; index++) {
      const length = this.#chunkLength(index);
      growth += grownLength(length, Math.min(CHUNK, offset + count - index * CHUNK)) - length;
    }
    return growth;
  }

  /** Copies bytes from `offset` into `target` and returns how many there were. */
  readInto(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    if (this.#whole) {
      target.set(this.#whole.subarray(offset, offset + count));
      return count;
    }
    for (let done = 0; done < count;) {
      const at = offset + done;
      const within = at % CHUNK;
      const part = Math.min(CHUNK - within, count - done);
      const chunk = this.#chunks.get(Math.floor(at / CHUNK))?.subarray(within, within + part);
      if (chunk) target.set(chunk, done);
      target.fill(0, done + (chunk?.length ?? 0), done + part);
      done += part;
    }
    return count;
  }

  /** All bytes; the caller does not change them. Refused for what is too large for one piece. */
  bytes(): Uint8Array {
    if (this.#whole) return this.#whole;
    if (this.#size > MAX_PIECE_BYTES) throw new FsError('EFBIG');
    const out = new Uint8Array(this.#size);
    this.readInto(out, 0);
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#makeWritable();
    for (let done = 0; done < bytes.length;) {
      const at = offset + done;
      const within = at % CHUNK;
      const part = Math.min(CHUNK - within, bytes.length - done);
      this.#chunk(Math.floor(at / CHUNK), within + part).set(bytes.subarray(done, done + part), within);
      done += part;
    }
    if (bytes.length > 0) this.#size = Math.max(this.#size, offset + bytes.length);
  }

  /** Cuts the file off, or extends it with a hole. */
  truncate(size: number): void {
    if (size === this.#size) return;
    this.#makeWritable();
    if (size < this.#size) {
      const last = Math.ceil(size / CHUNK);
      for (const [index, chunk] of this.#chunks) {
        if (index < last) continue;
        this.#chunks.delete(index);
        this.#allocated -= chunk.length;
      }
      if (size % CHUNK !== 0) this.#chunks.get(last - 1)?.fill(0, size % CHUNK);
    }
    this.#size = size;
  }

  /** A chunk of at least `needed` bytes. */
  #chunk(index: number, needed: number): Uint8Array {
    const old = this.#chunks.get(index);
    if (old && old.length >= needed) return old;
    const grown = new Uint8Array(grownLength(old?.length ?? 0, needed));
    if (old) grown.set(old);
    this.#chunks.set(index, grown);
    this.#allocated += grown.length - (old?.length ?? 0);
    return grown;
  }

  #chunkLength(index: number): number {
    if (this.#whole) return Math.min(CHUNK, Math.max(0, this.#whole.length - index * CHUNK));
    return this.#chunks.get(index)?.length ?? 0;
  }

  #makeWritable(): void {
    if (!this.#whole) return;
    const whole = this.#whole;
    this.#whole = undefined;
    this.#size = 0;
    this.write(0, whole);
  }

  /** The parts that are not holes, for saving. */
  *extents(): Iterable<{ offset: number; bytes: Uint8Array }> {
    if (this.#whole) {
      if (this.#whole.length > 0) yield { offset: 0, bytes: this.#whole };
      return;
    }
    for (const [index, chunk] of this.#chunks) {
      const offset = index * CHUNK;
      const bytes = chunk.subarray(0, Math.max(0, this.#size - offset));
      if (bytes.length > 0) yield { offset, bytes };
    }
  }
}

/** Chunks grow by doubling, so that appending stays cheap. */
function grownLength(length: number, needed: number): number {
  return length >= needed ? length : Math.min(CHUNK, Math.max(needed, length * 2));
}
