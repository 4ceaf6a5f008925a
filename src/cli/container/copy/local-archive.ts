/** A local file or directory as the archive that is copied into a container, made while it is sent. */
import { joinPath } from '#engine/go-path.ts';
import { endOfTar, tarHeader, tarPadding, tarPieces } from '#engine/oci/tar-writer.ts';
import type { CliFiles, WalkedFile } from '../../environment.ts';
import { splitEntry } from './copy-paths.ts';

/** @param rename of entries, whose names begin with the source's own */
export async function* localArchive(files: CliFiles, path: string, rename: (name: string) => string): AsyncGenerator<Uint8Array> {
  const [directory, base] = splitEntry(path);
  const top = base === '.' ? directory : joinPath(directory, base);
  const { type, linkName, ...status } = await files.stat(top, { follow: base === '.' });
  const link = linkName === undefined ? {} : { linkName };
  yield* archivePieces({ path: rename(base), type: type === 'other' ? 'fifo' : type, ...status, ...link }, files.chunks(top));
  if (type === 'directory') {
    for await (const file of files.walk(top)) {
      const name = (path: string): string => rename(`${base}/${path}`);
      const link = file.type === 'hardlink' ? { linkName: name(file.linkName ?? '') } : {};
      yield* archivePieces({ ...file, path: name(file.path), ...link }, files.chunks(joinPath(top, file.path)));
    }
  }
  yield endOfTar;
}

/** One file as a part of an archive. Its content is read piece by piece: it may be large. */
export async function* archivePieces(file: Omit<WalkedFile, 'content'>, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { path, type, mode, uid, gid, mtimeMs, sizeBytes, linkName = '' } = file;
  const common = { path, mode, uid, gid, mtime: Math.floor(mtimeMs / 1000) };
  switch (type) {
    case 'file':
      yield* filePieces(common, sizeBytes, content);
      return;
    case 'symlink':
    case 'hardlink':
      yield* tarPieces({ ...common, type, linkName });
      return;
    case 'directory':
    case 'fifo':
      yield* tarPieces({ ...common, type });
      return;
    case 'character':
    case 'block':
    case 'socket':
    // Their numbers are not known here.
  }
}

type Common = Pick<Parameters<typeof tarPieces>[0], 'path' | 'mode' | 'uid' | 'gid' | 'mtime'>;

/** A file that grows while it is read is cut where it ended; one that shrinks is an error, as its archive would be. */
async function* filePieces(common: Common, sizeBytes: number, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* tarHeader({ ...common, type: 'file' }, sizeBytes);
  let left = sizeBytes;
  for await (const piece of content) {
    if (left === 0) break;
    yield piece.subarray(0, left);
    left -= Math.min(left, piece.length);
  }
  if (left > 0) throw new Error(`Can't add file ${common.path} to tar: it has become shorter`);
  yield* tarPadding(sizeBytes);
}
