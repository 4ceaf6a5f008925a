/**
 * Reads a tar as it comes, entry by entry, whatever its size: contents are passed on in pieces. Headers are read by the
 * reader of whole archives.
 */
import { concatBytes } from '#engine/bytes.ts';
import { readTar, type TarEntry } from '#engine/oci/tar.ts';

const BLOCK = 512;
/** Of names and records that precede an entry. */
const MAX_META_BYTES = 2 << 20;
const CONTENT_TYPES = '\x0007gxLK';

export interface StreamedEntry extends Omit<TarEntry, 'content'> {
  /** To be read before the next entry; what is left of it is skipped. */
  content: AsyncIterable<Uint8Array>;
  sizeBytes: number;
}

/** @throws Error `unexpected EOF`, `archive/tar: invalid tar header` */
export async function* streamTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEntry> {
  const reader = new BlockReader(chunks);
  try {
    let meta: Uint8Array[] = [];
    for (;;) {
      const header = await reader.exactly(BLOCK);
      if (!header || header.every((byte) => byte === 0)) return;
      const type = String.fromCharCode(header[156] ?? 0);
      const size = sizeOf(header);
      if ('xgLK'.includes(type)) {
        const content = await reader.exactly(paddedLength(size));
        if (!content) throw new Error('unexpected EOF');
        meta.push(header, content);
        if (meta.reduce((sum, part) => sum + part.length, 0) > MAX_META_BYTES) throw new Error('archive/tar: invalid tar header');
        continue;
      }
      const [entry] = readTar(concatBytes([...meta, withoutSize(header)]));
      meta = type === 'g' ? meta : [];
      if (!entry) throw new Error('archive/tar: invalid tar header');
      const length = CONTENT_TYPES.includes(type) ? size : 0;
      let left = length;
      const content = async function* (): AsyncGenerator<Uint8Array> {
        while (left > 0) {
          const piece = await reader.upTo(left);
          if (!piece) throw new Error('unexpected EOF');
          left -= piece.length;
          yield piece;
        }
      };
      yield { ...entry, content: content(), sizeBytes: length };
      while (left > 0) {
        const piece = await reader.upTo(left);
        if (!piece) throw new Error('unexpected EOF');
        left -= piece.length;
      }
      const padding = paddedLength(length) - length;
      if (padding > 0) await reader.exactly(padding);
    }
  } finally {
    await reader.close();
  }
}

function paddedLength(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** The header as of an empty file, its sum made right again. */
function withoutSize(header: Uint8Array): Uint8Array {
  const out = header.slice();
  const zero = new TextEncoder().encode('00000000000\0');
  out.set(zero, 124);
  out.fill(0x20, 148, 156);
  const sum = out.reduce((total, byte) => total + byte, 0);
  out.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return out;
}

/** Octal digits, or GNU's binary form. */
function sizeOf(header: Uint8Array): number {
  const field = header.subarray(124, 136);
  if ((field[0] ?? 0) & 0x80) {
    const size = field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
    if (!Number.isSafeInteger(size)) throw new Error('archive/tar: invalid tar header');
    return size;
  }
  const digits = String.fromCharCode(...field)
    .replace(/[\0 ]+$/, '')
    .replace(/^[\0 ]+/, '');
  if (!/^[0-7]*$/.test(digits)) throw new Error('archive/tar: invalid tar header');
  return digits === '' ? 0 : parseInt(digits, 8);
}

class BlockReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Undefined at the end; a stream that ends within is an error. */
  async exactly(length: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    for (let missing = length; missing > 0;) {
      const part = await this.upTo(missing);
      if (!part) {
        if (parts.length === 0) return undefined;
        throw new Error('unexpected EOF');
      }
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? parts[0] : concatBytes(parts);
  }

  /** What is there, at most so much. */
  async upTo(length: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#iterator.next();
      if (next.done) return undefined;
      this.#rest = next.value;
    }
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
