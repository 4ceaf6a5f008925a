// A layer: a tar archive with nothing of the building machine in it, gzipped. Same files, same bytes.
//
// Plain ustar, with a pax header before an entry whose path or link does not fit (too long, or not ASCII).

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireInstalled } from '../debian.ts';
import { sha256 } from '../part.ts';
import { cacheDir, run } from '../shell.ts';

export interface LayerEntry {
  path: string;
  /** Permission bits. */
  mode: number;
  type: 'directory' | 'file' | 'symlink' | 'hardlink';
  bytes?: Uint8Array;
  /** Owner; root when absent. */
  uid?: number;
  gid?: number;
  /** Seconds since 1970; the layer's date when absent, and never later than it. */
  mtime?: number;
  /** Of a link: path of the linked file (hard) or text of the link (symbolic). */
  target?: string;
}

export interface Layer {
  /** The compressed archive. */
  bytes: Uint8Array;
  /** Digest of the compressed archive. */
  digest: string;
  /** Digest of the archive itself. */
  diffId: string;
}

const typeFlags = { file: '0', hardlink: '1', symlink: '2', directory: '5' };

/** Directories first and hard links last, each kind in the order of the paths. */
export function makeLayer(entries: LayerEntry[], epoch: number): Layer {
  const rank = { directory: 0, file: 1, symlink: 1, hardlink: 2 };
  const sorted = [...entries].sort((a, b) => rank[a.type] - rank[b.type] || (a.path < b.path ? -1 : 1));
  const archive = Buffer.concat([...sorted.flatMap((entry) => tarRecord(entry, epoch)), Buffer.alloc(1024)]);
  const bytes = gzip(archive);
  return { bytes, digest: `sha256:${sha256(bytes)}`, diffId: `sha256:${sha256(archive)}` };
}

function tarRecord(entry: LayerEntry, epoch: number): Buffer[] {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const pax: string[] = [];
  const fitting = (key: string, value: string): string => {
    const bytes = Buffer.from(value);
    if (bytes.length <= 100 && bytes.length === value.length) return value;
    pax.push(paxRecord(key, value));
    return bytes.subarray(0, 100).toString('latin1');
  };
  const mtime = Math.min(entry.mtime ?? epoch, epoch);
  const name = fitting('path', path);
  const target = fitting('linkpath', entry.target ?? '');
  const own = tarEntry({ ...entry, mtime, path: name, target, flag: typeFlags[entry.type], bytes: entry.bytes ?? new Uint8Array() });
  if (pax.length === 0) return own;
  const records = Buffer.from(pax.join(''));
  return [...tarEntry({ path: 'pax', target: '', mode: 0o644, mtime, flag: 'x', bytes: records }), ...own];
}

interface TarFields {
  /** Bytes as latin1, at most 100. */
  path: string;
  target: string;
  flag: string;
  mode: number;
  mtime: number;
  uid?: number;
  gid?: number;
  bytes: Uint8Array;
}

function tarEntry({ path, target, flag, mode, mtime, uid = 0, gid = 0, bytes }: TarFields): Buffer[] {
  const header = Buffer.alloc(512);
  const text = (value: string, offset: number, size: number): void => {
    if (value.length > size) throw new Error(`${path}: does not fit a tar header`);
    header.write(value, offset, 'latin1');
  };
  const octal = (value: number, offset: number, size: number): void => text(`${value.toString(8).padStart(size - 1, '0')}\0`, offset, size);
  text(path, 0, 100);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(bytes.length, 124, 12);
  octal(mtime, 136, 12);
  text(flag, 156, 1);
  text(target, 157, 100);
  text('ustar\x0000', 257, 8);
  header.fill(' ', 148, 156);
  text(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    8,
  );
  return [header, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}

/** The length that a record begins with counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length++;
  return `${length} ${key}=${value}\n`;
}

/** By libdeflate's program: a twentieth smaller than gzip at its best, and not dependent on the version of Node. */
function gzip(bytes: Uint8Array): Uint8Array {
  requireInstalled(['libdeflate-tools']);
  mkdirSync(cacheDir, { recursive: true });
  const path = join(cacheDir, 'layer.tar');
  writeFileSync(path, bytes);
  run('libdeflate-gzip', ['-12', '-f', path], {});
  return readFileSync(`${path}.gz`);
}
