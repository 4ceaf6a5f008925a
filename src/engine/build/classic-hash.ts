/**
 * What the classic builder knows copied files by, and writes into an image's history: `file:…`, `dir:…`, `multi:…`.
 * Source: moby pkg/tarsum (version 1: times do not count), builder/dockerfile/copy.go.
 */
import type { Crypto } from '../crypto.ts';
import { hex } from '../id.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { concatBytes } from '../bytes.ts';
import type { FoundSource } from './copy.ts';

const encoder = new TextEncoder();

const typeFlags: Record<LayerEntry['type'], string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** @param prefix path of the sources' root within what they come from, for their names in the sum */
export async function sourcesHash(crypto: Crypto, sources: readonly FoundSource[]): Promise<string> {
  const hashes = await Promise.all(sources.map((source) => sourceHash(crypto, source)));
  return hashes.length === 1 ? hashes[0]! : `multi:${await textHash(crypto, hashes.join(','))}`;
}

async function sourceHash(crypto: Crypto, { name, entry, below }: FoundSource): Promise<string> {
  if (entry.type !== 'directory') return `file:${await fileHash(crypto, { ...entry, path: entry.path || name })}`;
  const prefix = entry.path === '' ? '' : `${entry.path}/`;
  const sums = await Promise.all(
    below.map((inside) =>
      fileHash(crypto, {
        ...inside,
        path: `${prefix}${inside.path}`,
        ...(inside.type === 'hardlink' && { linkName: `${prefix}${inside.linkName}` }),
      }),
    ),
  );
  return `dir:${await textHash(crypto, sums.sort().join(','))}`;
}

/** Names and values of a tar header one after another, then the contents. */
async function fileHash(crypto: Crypto, entry: LayerEntry): Promise<string> {
  const { path, type, mode, uid, gid, linkName = '', major = 0, minor = 0, content = new Uint8Array(), xattrs = {} } = entry;
  const device = type === 'character' || type === 'block';
  const header: [string, string | number][] = [
    ['name', type === 'directory' ? `${path}/` : path],
    ['mode', mode],
    ['uid', uid],
    ['gid', gid],
    ['size', type === 'file' ? content.length : 0],
    ['typeflag', typeFlags[type]],
    ['linkname', type === 'symlink' || type === 'hardlink' ? linkName : ''],
    ['uname', ''],
    ['gname', ''],
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
