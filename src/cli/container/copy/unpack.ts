/**
 * Unpacks an archive from a container into the local file system. Names that lead out of the directory are refused
 * here; links are kept within it by who makes the files.
 * Source: moby/go-archive archive.go, Untar.
 */
import { cleanPath } from '#engine/go-path.ts';
import type { TarEntry } from '#engine/oci/tar.ts';
import { readTarStream } from '#engine/oci/tar-stream.ts';
import type { CliFiles, UnpackedFile, UnpackPiece } from '../../environment.ts';

/** @param rename of entries, and of what hard links point to */
export async function unpackArchive(
  files: CliFiles,
  chunks: AsyncIterable<Uint8Array>,
  directory: string,
  rename: (name: string) => string,
): Promise<void> {
  await files.unpack(directory, piecesOf(chunks, directory, rename));
}

async function* piecesOf(
  chunks: AsyncIterable<Uint8Array>,
  directory: string,
  rename: (name: string) => string,
): AsyncGenerator<UnpackPiece> {
  for await (const piece of readTarStream(chunks)) {
    if ('content' in piece) {
      yield piece;
      continue;
    }
    const { entry, sizeBytes } = piece;
    const path = pathIn(directory, rename(entry.name), entry.name);
    // The directory itself is there, and stays as it is.
    if (path === '' && entry.type !== 'directory') throw outside(entry.name, directory);
    if (path === '') continue;
    yield { file: fileOf(entry, path, () => pathIn(directory, rename(entry.linkName), entry.linkName)), sizeBytes };
  }
}

/** What comes out of a container belongs to whoever copies it. */
function fileOf(entry: TarEntry, path: string, linkTarget: () => string): UnpackedFile {
  const { type, mode, mtime, major, minor, linkName } = entry;
  const file: UnpackedFile = { path, type, mode, uid: 0, gid: 0, mtime };
  if (type === 'symlink') file.linkName = linkName;
  if (type === 'hardlink') file.linkName = linkTarget();
  if (type === 'character' || type === 'block') Object.assign(file, { major, minor });
  return file;
}

/** Without `.` and slashes at its ends; empty for the directory itself. */
function pathIn(directory: string, name: string, given: string): string {
  const clean = cleanPath(name.replace(/^\/+/, ''));
  if (clean === '..' || clean.startsWith('../')) throw outside(given, directory);
  return clean === '.' ? '' : clean;
}

function outside(name: string, directory: string): Error {
  return new Error(`${JSON.stringify(name)} is outside of ${JSON.stringify(directory)}`);
}
