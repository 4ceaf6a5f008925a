// A layer: a tar archive with nothing of the building machine in it, gzipped. Same files, same bytes.
//
// Plain ustar: paths here are short and ids small, so no extension headers are needed; a path that does not fit is an error.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../part.ts';
import { cacheDir, run } from '../shell.ts';

export interface LayerEntry {
  path: string;
  /** Permission bits. */
  mode: number;
  type: 'directory' | 'file' | 'symlink' | 'hardlink';
  bytes?: Uint8Array;
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

/** Entries keep their order, except that directories come first and hard links last. */
export function makeLayer(entries: LayerEntry[], epoch: number): Layer {
  const rank = { directory: 0, file: 1, symlink: 1, hardlink: 2 };
  const sorted = [...entries].sort((a, b) => rank[a.type] - rank[b.type] || (a.path < b.path ? -1 : 1));
  const archive = Buffer.concat([...sorted.flatMap((entry) => tarRecord(entry, epoch)), Buffer.alloc(1024)]);
  const bytes = gzip(archive);
  return { bytes, digest: `sha256:${sha256(bytes)}`, diffId: `sha256:${sha256(archive)}` };
}

function tarRecord(entry: LayerEntry, epoch: number): Buffer[] {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const bytes = entry.bytes ?? new Uint8Array();
  const header = Buffer.alloc(512);
  const text = (value: string, offset: number, size: number): void => {
    if (value.length > size) throw new Error(`${entry.path}: does not fit a tar header`);
    header.write(value, offset, 'latin1');
  };
  const octal = (value: number, offset: number, size: number): void => text(`${value.toString(8).padStart(size - 1, '0')}\0`, offset, size);
  text(path, 0, 100);
  octal(entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes.length, 124, 12);
  octal(epoch, 136, 12);
  text(typeFlags[entry.type], 156, 1);
  text(entry.target ?? '', 157, 100);
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
  return [header, Buffer.from(bytes), Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}

/** By the gzip of the machine, as Node's zlib changes with Node. */
function gzip(bytes: Uint8Array): Uint8Array {
  mkdirSync(cacheDir, { recursive: true });
  const path = join(cacheDir, 'layer.tar');
  writeFileSync(path, bytes);
  run('gzip', ['-9nf', path], {});
  return readFileSync(`${path}.gz`);
}
