/**
 * Reads a tar as it goes by, without keeping it: whoever reads says of each member whether its content is wanted, and gets
 * that in pieces. A member may be a tar itself, read by another reader. Knows ustar, GNU long names and PAX paths and sizes.
 * Source: POSIX pax; GNU tar manual, "Basic Tar Format".
 */
import { concatBytes } from '#engine/bytes.ts';

export interface Member {
  /** Without `./` before it or `/` after it. */
  name: string;
  type: 'file' | 'directory' | 'other';
  sizeBytes: number;
}

/** What takes a member's content. */
export interface Sink {
  push(bytes: Uint8Array): void;
  end(): void;
}

const BLOCK = 512;
/** Of one PAX header or long name. */
const MAX_RECORD_BYTES = 1 << 20;

export class DamagedTar extends Error {
  override readonly name = 'DamagedTar';
}

export class TarReader implements Sink {
  readonly #enter: (member: Member) => Sink | undefined;
  #header: Uint8Array = new Uint8Array(BLOCK);
  #headerBytes = 0;
  /** Bytes of content, and of padding after it, that are to come. */
  #content = 0;
  #padding = 0;
  #sink: Sink | undefined;
  #ended = false;
  /** From the extended headers before the next member. */
  #longName: string | undefined;
  #longSize: number | undefined;

  /** @param enter what takes a member's content; undefined to pass over it */
  constructor(enter: (member: Member) => Sink | undefined) {
    this.#enter = enter;
  }

  /** @throws DamagedTar */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#ended;) {
      if (this.#content > 0) {
        const piece = bytes.subarray(at, at + this.#content);
        at += piece.length;
        this.#content -= piece.length;
        this.#sink?.push(piece);
        if (this.#content === 0) this.#closeSink();
      } else if (this.#padding > 0) {
        const count = Math.min(this.#padding, bytes.length - at);
        at += count;
        this.#padding -= count;
      } else {
        const piece = bytes.subarray(at, at + BLOCK - this.#headerBytes);
        this.#header.set(piece, this.#headerBytes);
        this.#headerBytes += piece.length;
        at += piece.length;
        if (this.#headerBytes === BLOCK) {
          this.#headerBytes = 0;
          this.#begin();
        }
      }
    }
  }

  /** @throws DamagedTar when the archive stops in the middle of a member */
  end(): void {
    if (!this.#ended && (this.#headerBytes > 0 || this.#content > 0)) throw new DamagedTar('unexpected end of the archive');
  }

  #begin(): void {
    const header = this.#header;
    if (header.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    if (!isTarHeader(header)) throw new DamagedTar('invalid tar header');
    const flag = String.fromCharCode(header[156]!);
    const isRecord = 'xgLK'.includes(flag);
    const size = (isRecord ? undefined : this.#longSize) ?? octal(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw new DamagedTar('invalid tar header');
    // Links, devices and directories have no content, whatever their size says.
    this.#content = '123456'.includes(flag) ? 0 : size;
    this.#padding = (BLOCK - (this.#content % BLOCK)) % BLOCK;
    if (isRecord) {
      if (size > MAX_RECORD_BYTES) throw new DamagedTar('a header is too long');
      this.#sink = new Collector(MAX_RECORD_BYTES, (record) => this.#extend(flag, record));
    } else {
      const name = cleanName(this.#longName ?? shortName(header));
      this.#longName = undefined;
      this.#longSize = undefined;
      const type = flag === '5' ? 'directory' : '0\x007'.includes(flag) ? 'file' : 'other';
      this.#sink = this.#enter({ name, type, sizeBytes: this.#content });
    }
    if (this.#content === 0) this.#closeSink();
  }

  #closeSink(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }

  #extend(flag: string, record: Uint8Array): void {
    if (flag === 'L') this.#longName = text(record);
    if (flag !== 'x') return;
    for (let at = 0; at < record.length;) {
      const space = record.indexOf(0x20, at);
      const end = at + Number(space < 0 ? NaN : text(record.subarray(at, space)));
      if (!Number.isInteger(end) || end <= space || end > record.length) throw new DamagedTar('invalid tar header');
      const pair = text(record.subarray(space + 1, end - 1));
      if (pair.startsWith('path=')) this.#longName = pair.slice('path='.length);
      if (pair.startsWith('size=')) this.#longSize = Number(pair.slice('size='.length));
      at = end;
    }
  }
}

/** Keeps a member's content, up to a limit. */
export class Collector implements Sink {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  constructor(
    readonly maxBytes: number,
    readonly whenDone: (content: Uint8Array) => void,
  ) {}

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.maxBytes) throw new DamagedTar('a file is too large');
    // The chunk belongs to whoever sent it.
    this.#parts.push(bytes.slice());
  }

  end(): void {
    this.whenDone(concatBytes(this.#parts));
  }
}

/** Whether these 512 bytes begin a member: their checksum says so. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK) return false;
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : header[at]!;
  return octal(header, 148, 8) === sum;
}

function shortName(header: Uint8Array): string {
  const isUstar = text(header.subarray(257, 262)) === 'ustar';
  const prefix = isUstar && header[263] === 0x30 ? text(header.subarray(345, 500)) : '';
  const name = text(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

function cleanName(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** An octal field, or GNU's binary form; NaN for anything else. */
function octal(header: Uint8Array, at: number, length: number): number {
  if (header[at] === 0x80) return header.subarray(at + 1, at + length).reduce((value, byte) => value * 256 + byte, 0);
  const digits = text(header.subarray(at, at + length)).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** Up to the first zero byte. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
