/**
 * A 9P client for tests: builds messages as the kernel does, checks that every reply is well formed and
 * throws the errno of refusals.
 */
import { decodeName, encodeName } from './file-name.ts';
import { message } from './protocol.ts';
import type { P9Server } from './server.ts';

type Field = ['u8' | 'u16' | 'u32' | 'u64', number | bigint] | ['text', string] | ['bytes', Uint8Array];

export class RefusedError extends Error {
  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

export const u8 = (value: number): Field => ['u8', value];
export const u16 = (value: number): Field => ['u16', value];
export const u32 = (value: number): Field => ['u32', value];
export const u64 = (value: number | bigint): Field => ['u64', value];
export const text = (value: string): Field => ['text', value];
export const bytes = (value: Uint8Array): Field => ['bytes', value];

export function encodeMessage(type: number, tag: number, fields: Field[]): Uint8Array {
  const out: number[] = [0, 0, 0, 0, type, tag & 0xff, tag >> 8];
  const number = (value: number | bigint, count: number): void => {
    for (let i = 0; i < count; i++) out.push(Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
  };
  for (const [kind, value] of fields) {
    if (kind === 'text') {
      const name = encodeName(value);
      number(name.length, 2);
      out.push(...name);
    } else if (kind === 'bytes') out.push(...value);
    else number(value, { u8: 1, u16: 2, u32: 4, u64: 8 }[kind]);
  }
  const message = Uint8Array.from(out);
  new DataView(message.buffer).setUint32(0, message.length, true);
  return message;
}

/** Reads a reply's fields. */
export class ReplyReader {
  #at = 7;
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8 = (): number => this.view.getUint8(this.#skip(1));
  u16 = (): number => this.view.getUint16(this.#skip(2), true);
  u32 = (): number => this.view.getUint32(this.#skip(4), true);
  u64 = (): number => Number(this.view.getBigUint64(this.#skip(8), true));
  text = (): string => decodeName(this.raw(this.u16()));
  raw = (count: number): Uint8Array => this.bytes.slice(this.#skip(count), this.#at);
  qid = (): { type: number; version: number; path: number } => ({ type: this.u8(), version: this.u32(), path: this.u64() });

  get rest(): number {
    return this.bytes.length - this.#at;
  }

  #skip(count: number): number {
    this.#at += count;
    if (this.#at > this.bytes.length) throw new Error('reply ends early');
    return this.#at - count;
  }
}

export class TestClient {
  #nextFid = 100;
  readonly root = 1;

  constructor(readonly server: P9Server) {
    this.call('version', u32(65536), text('9P2000.L'));
    this.call('attach', u32(this.root), u32(0xffffffff), text(''), text(''), u32(0));
  }

  call(name: keyof typeof message, ...fields: Field[]): ReplyReader {
    const reply = this.server.handle(encodeMessage(message[name], 7, fields)).slice();
    const reader = new ReplyReader(reply);
    if (reader.view.getUint32(0, true) !== reply.length) throw new Error('reply has a wrong size');
    if (reader.view.getUint16(5, true) !== 7) throw new Error('reply has a wrong tag');
    const type = reader.view.getUint8(4);
    if (type === message.lerror + 1) throw new RefusedError(reader.u32());
    if (type !== message[name] + 1) throw new Error(`reply has type ${type}`);
    return reader;
  }

  /** A new fid for a path from the root. */
  walk(path: string): number {
    const names = path.split('/').filter((part) => part !== '');
    const fid = this.#nextFid++;
    const found = this.call('walk', u32(this.root), u32(fid), u16(names.length), ...names.map(text)).u16();
    if (found < names.length) throw new RefusedError(2);
    return fid;
  }

  /** Runs with a fid for a path and gives it up afterwards. */
  with<T>(path: string, action: (fid: number) => T): T {
    const fid = this.walk(path);
    try {
      return action(fid);
    } finally {
      this.call('clunk', u32(fid));
    }
  }

  mkdir(parent: string, name: string, mode = 0o755): void {
    this.with(parent, (fid) => this.call('mkdir', u32(fid), text(name), u32(mode), u32(0)));
  }

  writeFile(parent: string, name: string, content: string): void {
    const data = new TextEncoder().encode(content);
    this.with(parent, (fid) => {
      this.call('lcreate', u32(fid), text(name), u32(0o1102), u32(0o100644), u32(0));
      this.call('write', u32(fid), u64(0), u32(data.length), bytes(data));
    });
  }

  readFile(path: string): string {
    return this.with(path, (fid) => {
      this.call('lopen', u32(fid), u32(0));
      const reply = this.call('read', u32(fid), u64(0), u32(60000));
      return new TextDecoder().decode(reply.raw(reply.u32()));
    });
  }

  /** Names and types, read a few at a time. */
  list(path: string, batchBytes = 120): { name: string; type: number; id: number }[] {
    return this.with(path, (fid) => {
      this.call('lopen', u32(fid), u32(0));
      const out: { name: string; type: number; id: number }[] = [];
      for (let offset = 0; ;) {
        const reply = this.call('readdir', u32(fid), u64(offset), u32(batchBytes));
        if (reply.u32() === 0) return out;
        while (reply.rest > 0) {
          const { path: id } = reply.qid();
          offset = reply.u64();
          const type = reply.u8();
          out.push({ id, type, name: reply.text() });
        }
      }
    });
  }

  stat(path: string): { mode: number; uid: number; gid: number; links: number; rdev: number; size: number; mtime: number; id: number } {
    return this.with(path, (fid) => {
      const reply = this.call('getattr', u32(fid), u64(0x7ff));
      reply.u64();
      const { path: id } = reply.qid();
      const [mode, uid, gid] = [reply.u32(), reply.u32(), reply.u32()];
      const [links, rdev, size] = [reply.u64(), reply.u64(), reply.u64()];
      reply.raw(8 + 8 + 16);
      return { id, mode, uid, gid, links, rdev, size, mtime: reply.u64() };
    });
  }

  xattr(path: string, name: string): string {
    return this.with(path, (fid) => {
      const attribute = this.#nextFid++;
      const size = this.call('xattrwalk', u32(fid), u32(attribute), text(name)).u64();
      const reply = this.call('read', u32(attribute), u64(0), u32(size));
      this.call('clunk', u32(attribute));
      return new TextDecoder().decode(reply.raw(reply.u32()));
    });
  }
}

/** The errno with which an action is refused; 0 when it is not. */
export function refusalOf(action: () => unknown): number {
  try {
    action();
    return 0;
  } catch (error) {
    if (error instanceof RefusedError) return error.errno;
    throw error;
  }
}
