/**
 * What the classic builder knows copied files by, and writes into an image's history: `file:…`, `dir:…`, `multi:…`.
 * Source: moby pkg/tarsum (version 1: times do not count), builder/dockerfile/copy.go.
 */
import type { Crypto } from '../crypto.ts';
import { hex } from '../id.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import type { RootFiles } from '../image/root-files.ts';
import { concatBytes } from '../bytes.ts';
import type { FoundSource } from './copy.ts';

const encoder = new TextEncoder();

const typeBits: Partial<Record<LayerEntry['type'], number>> = { file: 0o100000, directory: 0o040000, symlink: 0o120000 };

const typeFlags: Record<LayerEntry['type'], string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** Where sources come from. */
export interface HashedRoot {
  files: RootFiles;
  /** A stage or image, whose files Docker looks at where they lie; the context's are known by their tar headers. */
  isImage: boolean;
}

export async function sourcesHash(crypto: Crypto, root: HashedRoot, sources: readonly FoundSource[]): Promise<string> {
  const hashes = await Promise.all(sources.map((source) => sourceHash(crypto, root, source)));
  return hashes.length === 1 ? hashes[0]! : `multi:${await textHash(crypto, hashes.join(','))}`;
}

async function sourceHash(crypto: Crypto, root: HashedRoot, { name, entry }: FoundSource): Promise<string> {
  if (entry.type !== 'directory') return `file:${await fileHash(crypto, root, { ...entry, path: entry.path || name })}`;
  const inside = [...root.files.walk(entry.path)];
  const sums = await Promise.all((entry.path === '' ? inside : [entry, ...inside]).map((one) => followedHash(crypto, root, one)));
  return `dir:${await textHash(crypto, sums.sort().join(','))}`;
}

/** A symlink counts for what it leads to; one that leads nowhere, for its own path. */
async function followedHash(crypto: Crypto, root: HashedRoot, entry: LayerEntry): Promise<string> {
  if (entry.type !== 'symlink') return fileHash(crypto, root, entry);
  let target: LayerEntry | undefined;
  try {
    const found = root.files.resolve(entry.path);
    // The root itself has no header.
    target = found.path === '' ? undefined : found.entry && { ...found.entry, path: found.path };
  } catch {
    // It leads in a circle.
  }
  return target ? fileHash(crypto, root, target) : entry.path;
}

/** Names and values of a tar header one after another, then the contents. */
async function fileHash(crypto: Crypto, { isImage }: HashedRoot, entry: LayerEntry): Promise<string> {
  const { path, type, mode, uid, gid, linkName = '', major = 0, minor = 0, content = new Uint8Array(), xattrs = {} } = entry;
  const device = type === 'character' || type === 'block';
  const header: [string, string | number][] = [
    ['name', type === 'directory' ? `${path}/` : path],
    // Headers that Docker 20.10 makes itself have the kind of file in the mode, and names of the daemon's host.
    ['mode', isImage ? mode | (typeBits[type] ?? 0) : mode],
    ['uid', uid],
    ['gid', gid],
    ['size', type === 'file' ? content.length : 0],
    ['typeflag', typeFlags[type]],
    ['linkname', type === 'symlink' || type === 'hardlink' ? linkName : ''],
    ['uname', isImage && uid === 0 ? 'root' : ''],
    ['gname', isImage && gid === 0 ? 'root' : ''],
    ['devmajor', device ? major : 0],
    ['devminor', device ? minor : 0],
  ];
  const attributes = Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const pieces: Uint8Array[] = [encoder.encode(header.map(([key, value]) => `${key}${value}`).join(''))];
  for (const [key, value] of attributes) pieces.push(encoder.encode(key), value);
  if (type === 'file') pieces.push(content);
  return hex(await crypto.sha256(concatBytes(pieces)));
}

async function textHash(crypto: Crypto, text: string): Promise<string> {
  return hex(await crypto.sha256(encoder.encode(text)));
}
