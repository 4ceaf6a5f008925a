/**
 * Trees as the agent sends them (docs/agent-protocol.md, "Trees"): entry after entry, each with its content. Cuts
 * the bytes into entries as they come. File names in it were chosen by whoever made the tree.
 */
import { decodeName, encodeName } from '../p9/file-name.ts';
import { PayloadError, PayloadReader } from './payload.ts';

export type TreeFileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character' | 'block';

export interface TreeFile {
  /** Below the top, `/`-separated; the top itself is ''. */
  path: string;
  type: TreeFileType;
  /** Permissions without the type. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  major: number;
  minor: number;
  /** Names the file whatever its path: of its file system, and in it. */
  identity: string;
  sizeBytes: number;
  /** Seconds since the epoch, and what is beyond them. */
  seconds: number;
  nanoseconds: number;
  /** Of a symlink. */
  target: string;
  xattrs: Record<string, Uint8Array>;
}

const typeByMode: Record<number, TreeFileType> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
  0o010000: 'fifo',
  0o140000: 'socket',
  0o020000: 'character',
  0o060000: 'block',
};

/** Of an entry's head, after its length and without path, target and attributes. */
const FIXED_BYTES = 7 * 4 + 5 * 8 + 3 * 4;
const MAX_HEAD_BYTES = FIXED_BYTES + 2 * 4096 + 65536;

/** Reads one head, which lies whole in the reader behind its length. @returns the file and how many bytes of content follow */
export function readTreeHead(r: PayloadReader): { file: TreeFile; contentBytes: number } {
  const modeWithType = r.u32();
  const [uid, gid, links, major, minor, nanoseconds] = [r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32()];
  const [device, inode] = [r.u64(), r.u64()];
  const sizeBytes = r.u64();
  const seconds = r.i64();
  const contentBytes = r.u64();
  const [pathLength, targetLength, xattrsLength] = [r.u32(), r.u32(), r.u32()];
  const type = typeByMode[modeWithType & 0o170000];
  if (!type) throw new PayloadError('a file of no known type');
  const path = decodeName(r.raw(pathLength));
  const target = decodeName(r.raw(targetLength));
  const xattrs = readXattrs(new PayloadReader(r.raw(xattrsLength)));
  const identity = `${device}:${inode}`;
  const file = { path, type, mode: modeWithType & 0o7777, uid, gid, links, major, minor, identity, sizeBytes, seconds, nanoseconds };
  return { file: { ...file, target, xattrs }, contentBytes };
}

function readXattrs(r: PayloadReader): Record<string, Uint8Array> {
  const xattrs: [string, Uint8Array][] = [];
  while (r.left > 0) {
    const [nameLength, valueLength] = [r.u32(), r.u32()];
    xattrs.push([decodeName(r.raw(nameLength)), r.raw(valueLength).slice()]);
  }
  return Object.fromEntries(xattrs);
}

const modeByType = new Map(Object.entries(typeByMode).map(([bits, type]) => [type, Number(bits)]));

/** What the agent is to make. */
export interface NewFile {
  path: string;
  /** A hardlink's `target` is the path of the other name. */
  type: TreeFileType | 'hardlink';
  mode: number;
  uid: number;
  gid: number;
  major: number;
  minor: number;
  seconds: number;
  nanoseconds: number;
  target: string;
  xattrs: Record<string, Uint8Array>;
  contentBytes: number;
  /** The file is there already, only its time is set. */
  onlyTime: boolean;
}

/** The head of an entry for the agent, with its length in front. */
export function encodeTreeHead(file: NewFile): Uint8Array {
  const [path, target] = [encodeName(file.path), encodeName(file.target)];
  const xattrs = Object.entries(file.xattrs).map(([name, value]) => ({ name: encodeName(name), value }));
  const xattrsLength = xattrs.reduce((sum, { name, value }) => sum + 8 + name.length + value.length, 0);
  const out = new Uint8Array(4 + FIXED_BYTES + path.length + target.length + xattrsLength);
  const view = new DataView(out.buffer);
  let at = 0;
  const u32 = (value: number): void => view.setUint32((at += 4) - 4, value, true);
  const u64 = (value: number): void => view.setBigInt64((at += 8) - 8, BigInt(value), true);
  const raw = (bytes: Uint8Array): void => out.set(bytes, (at += bytes.length) - bytes.length);
  u32(out.length - 4);
  u32(file.mode | (file.type === 'hardlink' ? 0 : (modeByType.get(file.type) ?? 0)));
  for (const value of [file.uid, file.gid, file.onlyTime ? 1 : 0, file.major, file.minor, file.nanoseconds]) u32(value);
  for (const value of [0, 0, file.contentBytes, file.seconds, file.contentBytes]) u64(value);
  for (const value of [path.length, target.length, xattrsLength]) u32(value);
  raw(path);
  raw(target);
  for (const { name, value } of xattrs) {
    u32(name.length);
    u32(value.length);
    raw(name);
    raw(value);
  }
  return out;
}

/** What ends a tree. */
export const endOfTree = new Uint8Array(4);

export interface TreeHandlers {
  /** An entry begins; throws to refuse what follows. */
  file(file: TreeFile, contentBytes: number): void;
  /** Part of the content of the last entry: a view of what was pushed. */
  content(bytes: Uint8Array): void;
}

export class TreeReader {
  readonly #handlers: TreeHandlers;
  /** What there is of a head that did not come whole. */
  #partial = new Uint8Array(0);
  #contentLeft = 0;
  #ended = false;

  constructor(handlers: TreeHandlers) {
    this.#handlers = handlers;
  }

  /** True when the stream came to its end. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next bytes of the stream, which nobody changes afterwards. @throws PayloadError when they make no sense */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#ended) throw new PayloadError('bytes behind the end of a tree');
      if (this.#contentLeft > 0) {
        const part = bytes.subarray(at, at + Math.min(this.#contentLeft, bytes.length - at));
        this.#contentLeft -= part.length;
        at += part.length;
        this.#handlers.content(part);
      } else {
        at += this.#takeHead(bytes.subarray(at));
      }
    }
  }

  /** Takes as much of a head as there is; returns how many bytes those were. */
  #takeHead(bytes: Uint8Array): number {
    const before = this.#partial.length;
    const lengthNeeded = Math.max(0, 4 - before);
    if (bytes.length < lengthNeeded) return this.#keep(bytes);
    const known = before >= 4 ? this.#partial : joined(this.#partial, bytes.subarray(0, lengthNeeded));
    const length = new DataView(known.buffer, known.byteOffset).getUint32(0, true);
    if (length === 0) {
      this.#ended = true;
      return lengthNeeded;
    }
    if (length < FIXED_BYTES || length > MAX_HEAD_BYTES) throw new PayloadError(`a tree entry of ${length} bytes`);
    const needed = 4 + length - before;
    if (bytes.length < needed) return this.#keep(bytes);
    const head = before === 0 ? bytes.subarray(0, needed) : joined(this.#partial, bytes.subarray(0, needed));
    this.#partial = new Uint8Array(0);
    const r = new PayloadReader(head.subarray(4));
    const { file, contentBytes } = readTreeHead(r);
    if (r.left > 0) throw new PayloadError('a tree entry with bytes left over');
    this.#contentLeft = contentBytes;
    this.#handlers.file(file, contentBytes);
    return needed;
  }

  #keep(bytes: Uint8Array): number {
    this.#partial = joined(this.#partial, bytes);
    return bytes.length;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
