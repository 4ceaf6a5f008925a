/**
 * Reads tar archives that lie in memory, whole or in pieces, without copying: ustar, GNU long names, PAX records. Says what
 * is in the archive; whether a path may be used is for others (layer-entries.ts).
 * Source: POSIX pax; GNU tar manual, "Basic Tar Format"; error words are Go's archive/tar.
 */
import { concatBytes } from '../bytes.ts';
import { EngineError } from '../errors.ts';

export interface TarEntry {
  name: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';
  mode: number;
  uid: number;
  gid: number;
  /** Whole seconds since the epoch. */
  mtime: number;
  linkName: string;
  major: number;
  minor: number;
  /** A view into the archive, where it lies together there. */
  content: Uint8Array;
  xattrs: Record<string, Uint8Array>;
}

const block = 512;
/** Of one PAX header or long name. */
const maxRecordBytes = 1 << 20;
/** Each entry is looked at with all records that hold for it. */
const maxRecords = 1000;
/** What the kernel has room for in a device number. */
const maxMajor = 0xfff;
const maxMinor = 0xfffff;

const types: Record<string, TarEntry['type']> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/**
 * @param archive in pieces, too, cut anywhere: contents that are a piece of their own are not copied
 * @throws EngineError `data-loss`: `archive/tar: invalid tar header`, `unexpected EOF`
 */
export function* readTar(archive: Uint8Array | readonly Uint8Array[]): Generator<TarEntry> {
  const bytes = new PieceReader(archive instanceof Uint8Array ? [archive] : archive);
  const headers = new TarHeaders();
  for (;;) {
    // An archive may also just stop where a header would begin.
    const header = bytes.take(block);
    if (header.length === 0) return;
    const found = headers.read(header);
    if (!found) return;
    const content = bytes.take(found.sizeBytes);
    if (content.length < found.sizeBytes) throw damaged('unexpected EOF');
    bytes.take(paddedSize(found.sizeBytes) - found.sizeBytes);
    const entry = found.take(content);
    if (entry) yield entry;
  }
}

class PieceReader {
  readonly #pieces: readonly Uint8Array[];
  #next = 0;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  /** So many bytes, or what is left; a view where they lie together. */
  take(count: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) {
        if (this.#next === this.#pieces.length) break;
        this.#rest = this.#pieces[this.#next++]!;
        continue;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      parts.push(part);
    }
    return concatBytes(parts);
  }
}

/** What a block of an archive announces. */
export interface TarHeader {
  /** Of what follows it. */
  sizeBytes: number;
  /** True when that is about the next entry and has to be taken whole; it is small. */
  isMeta: boolean;
  /** The entry, once its content is there (or without it); undefined for what is about the next one. */
  take(content: Uint8Array): TarEntry | undefined;
}

/** Content and the zeros behind it. */
export function paddedSize(sizeBytes: number): number {
  return Math.ceil(sizeBytes / block) * block;
}

/** Understands the headers of an archive one after another, wherever the bytes come from. */
export class TarHeaders {
  #global: Map<string, Uint8Array> = new Map();
  #records: Map<string, Uint8Array> = new Map();
  #longName: string | undefined;
  #longLink: string | undefined;

  /** @param header a block; undefined is returned at the archive's end */
  read(header: Uint8Array): TarHeader | undefined {
    if (header.length < block) throw damaged('unexpected EOF');
    if (header.every((byte) => byte === 0)) return undefined;
    checkSum(header);
    const flag = String.fromCharCode(header[156]!);
    const sizeRecord = this.#records.get('size');
    const size = flag !== 'x' && flag !== 'g' && sizeRecord ? decimal(sizeRecord) : number(header, 124, 12);
    if (size < 0) throw damaged('archive/tar: invalid tar header');
    const isMeta = 'xgLK'.includes(flag);
    const hasContent = isMeta || '\x0007'.includes(flag) || types[flag] === undefined;
    if (isMeta && size > maxRecordBytes) throw damaged('archive/tar: invalid tar header');
    return { sizeBytes: hasContent ? size : 0, isMeta, take: (content) => this.#take(flag, header, content) };
  }

  #take(flag: string, header: Uint8Array, content: Uint8Array): TarEntry | undefined {
    switch (flag) {
      case 'x':
        this.#records = together(this.#global, paxRecords(content));
        return undefined;
      case 'g':
        this.#global = together(this.#global, paxRecords(content));
        this.#records = this.#global;
        return undefined;
      case 'L':
        this.#longName = longText(content);
        return undefined;
      case 'K':
        this.#longLink = longText(content);
        return undefined;
    }
    const type = types[flag];
    if (!type || [...this.#records.keys()].some((key) => key.startsWith('GNU.sparse.'))) {
      throw new EngineError('data-loss', `unhandled tar header type ${flag === 'S' || type ? 'S (sparse file)' : header[156]}`);
    }
    const found = entry(header, type, content, this.#records, this.#longName, this.#longLink);
    this.#records = this.#global;
    this.#longName = undefined;
    this.#longLink = undefined;
    return found;
  }
}

function entry(
  header: Uint8Array,
  type: TarEntry['type'],
  content: Uint8Array,
  records: Map<string, Uint8Array>,
  longName: string | undefined,
  longLink: string | undefined,
): TarEntry {
  const record = (key: string): string | undefined => {
    const bytes = records.get(key);
    return bytes && utf8(bytes);
  };
  const isUstar = latin1(header.subarray(257, 262)) === 'ustar';
  const prefix = isUstar && header[263] === 0x30 ? text(header, 345, 155) : '';
  const shortName = text(header, 0, 100);
  const name = record('path') ?? longName ?? (prefix ? `${prefix}/${shortName}` : shortName);
  const mtime = records.has('mtime') ? seconds(record('mtime')!) : number(header, 136, 12);
  const numeric = (key: string, at: number): number => (records.has(key) ? decimal(records.get(key)!) : number(header, at, 8));
  return {
    name,
    // Old archives mark directories by a slash alone.
    type: type === 'file' && name.endsWith('/') ? 'directory' : type,
    mode: number(header, 100, 8) & 0o7777,
    uid: numeric('uid', 108),
    gid: numeric('gid', 116),
    mtime,
    linkName: record('linkpath') ?? longLink ?? text(header, 157, 100),
    ...(isUstar && (type === 'character' || type === 'block') ? deviceNumber(header) : { major: 0, minor: 0 }),
    content,
    xattrs: Object.fromEntries(
      [...records].filter(([key]) => key.startsWith(xattrPrefix)).map(([key, value]) => [key.slice(xattrPrefix.length), value]),
    ),
  };
}

const xattrPrefix = 'SCHILY.xattr.';

function deviceNumber(header: Uint8Array): { major: number; minor: number } {
  const [major, minor] = [number(header, 329, 8), number(header, 337, 8)];
  if (major < 0 || major > maxMajor || minor < 0 || minor > maxMinor) throw damaged('archive/tar: invalid tar header');
  return { major, minor };
}

/** Whole seconds of a PAX time, which may have a fraction. */
function seconds(text: string): number {
  const value = Math.floor(Number(text));
  if (!/^-?\d+(\.\d*)?$/.test(text) || !Number.isSafeInteger(value)) throw damaged('archive/tar: invalid tar header');
  return value;
}

function together(global: Map<string, Uint8Array>, own: Map<string, Uint8Array>): Map<string, Uint8Array> {
  const all = new Map([...global, ...own]);
  if (all.size > maxRecords) throw damaged('archive/tar: invalid tar header');
  return all;
}

function checkSum(header: Uint8Array): void {
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < block; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : header[i]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const wanted = number(header, 148, 8);
  if (wanted !== unsigned && wanted !== signed) throw damaged('archive/tar: invalid tar header');
}

/** An octal field, or GNU's binary form for what does not fit. */
function number(header: Uint8Array, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  const first = field[0]!;
  if (first === 0x80 || first === 0xff) {
    let value = first === 0xff ? -1 : 0;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw damaged('archive/tar: invalid tar header');
    return value;
  }
  const digits = latin1(field)
    .replace(/[\0 ]+$/, '')
    .replace(/^[\0 ]+/, '');
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw damaged('archive/tar: invalid tar header');
  return parseInt(digits, 8);
}

function decimal(bytes: Uint8Array): number {
  const digits = latin1(bytes);
  const value = Number(digits);
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(value)) throw damaged('archive/tar: invalid tar header');
  return value;
}

/** `length key=value\n`, one after another. */
function paxRecords(content: Uint8Array): Map<string, Uint8Array> {
  if (content.length > maxRecordBytes) throw damaged('archive/tar: invalid tar header');
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(latin1(content.subarray(at, space)));
    const end = at + length;
    const equals = content.indexOf(0x3d, space);
    if (!Number.isInteger(length) || length <= 0 || end > content.length || content[end - 1] !== 0x0a || equals < 0 || equals >= end) {
      throw damaged('archive/tar: invalid tar header');
    }
    records.set(utf8(content.subarray(space + 1, equals)), content.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

function longText(content: Uint8Array): string {
  if (content.length > maxRecordBytes) throw damaged('archive/tar: invalid tar header');
  const end = content.indexOf(0);
  return utf8(end < 0 ? content : content.subarray(0, end));
}

function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return utf8(end < 0 ? field : field.subarray(0, end));
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function damaged(message: string): EngineError {
  return new EngineError('data-loss', message);
}
