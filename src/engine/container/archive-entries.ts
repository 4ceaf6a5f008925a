/**
 * What is made of an uploaded archive, which is untrusted: names are cleaned and must stay below the directory that it is
 * unpacked in, the archive may be compressed, and has bounds. Nothing is kept of it but what is on its way.
 * Source: moby pkg/archive, Unpack and createTarFile.
 */
import type { Compression } from '../compression.ts';
import { EngineError } from '../errors.ts';
import { decompressStream } from '../image/decompress.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import type { TarEntry } from '../oci/tar.ts';
import { readTarStream } from '../oci/tar-stream.ts';
import type { TreePiece } from '../runtime/runtime.ts';

const maxEntries = 500_000;
/** A compressed archive is unpacked as a whole. */
const maxCompressedBytes = 256 << 20;

/**
 * @param directory where it is unpacked, for messages
 * @param owner of all files, instead of what the archive says
 */
export async function* untarred(
  body: AsyncIterable<Uint8Array>,
  compression: Compression,
  directory: string,
  owner: { uid: number; gid: number } | undefined,
): AsyncGenerator<TreePiece> {
  let count = 0;
  let taken = false;
  for await (const piece of readTarStream(decompressStream(compression, body, maxCompressedBytes))) {
    if ('content' in piece) {
      if (taken) yield piece;
      continue;
    }
    if (++count > maxEntries) throw new EngineError('invalid-parameter', `the archive has more than ${maxEntries} entries`);
    const file = toFile(piece.entry, directory, owner);
    taken = file !== undefined;
    if (file) yield { file, sizeBytes: file.type === 'file' ? piece.sizeBytes : 0 };
    if (file && file.type !== 'file') taken = false;
  }
}

/** Undefined for the directory itself, which stays as it is. */
function toFile(entry: TarEntry, directory: string, owner: { uid: number; gid: number } | undefined): LayerEntry | undefined {
  const path = below(entry.name);
  if (path === undefined) throw outside(`${JSON.stringify(entry.name)} is outside of ${JSON.stringify(directory)}`);
  if (path === '') return undefined;
  const { type, mode, mtime, linkName, major, minor } = entry;
  const { uid, gid } = owner ?? entry;
  if (uid < 0 || uid > 0xffffffff || gid < 0 || gid > 0xffffffff) throw new EngineError('data-loss', 'archive/tar: invalid tar header');
  const file: LayerEntry = { path, type, mode, uid, gid, mtime };
  if (type === 'hardlink') {
    const target = below(linkName);
    if (target === undefined || target === '')
      throw outside(`invalid hardlink ${JSON.stringify(entry.name)} -> ${JSON.stringify(linkName)}`);
    file.linkName = target;
  }
  if (type === 'symlink') {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    // What an absolute one means is decided in the container, when somebody follows it.
    if (!linkName.startsWith('/') && below(`${parent}/${linkName}`) === undefined)
      throw outside(`invalid symlink ${JSON.stringify(entry.name)} -> ${JSON.stringify(linkName)}`);
    file.linkName = linkName;
  }
  if (type === 'character' || type === 'block') Object.assign(file, { major, minor });
  const xattrs = Object.entries(entry.xattrs).filter(([name]) => !name.startsWith('trusted.'));
  if (xattrs.length > 0) file.xattrs = Object.fromEntries(xattrs);
  return file;
}

/** A name, cleaned, relative; undefined when it leads outside. */
function below(name: string): string | undefined {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function outside(message: string): EngineError {
  return new EngineError('system', message);
}
