/**
 * The build context of a directory as a tar, made while it is sent: a file is read when its turn comes, what
 * `.dockerignore` leaves out never, contents are passed on as they are.
 * Source: moby pkg/archive, TarWithOptions; tonistiigi/fsutil.
 */
import type { IgnoreMatcher } from '#engine/build/dockerignore/matcher.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import type { CliFiles, WalkedFile } from '../../environment.ts';

export interface ContextArchive {
  directory: string;
  ignore: IgnoreMatcher;
  /** Files that are sent even when they are ignored: the builder needs them. */
  keep: ReadonlySet<string>;
  /** Directories of files that are sent, even where the directory itself is ignored. */
  withParents: boolean;
  /** Files that are in the archive besides, or in place of those of the directory. */
  added: ReadonlyMap<string, AddedFile>;
}

/** Gives a file's new content. @param content what the directory has under this name */
export type AddedFile = (content: Uint8Array | undefined) => Uint8Array;

const ADDED_MODE = 0o600;

export async function* contextArchive(files: CliFiles, nowMs: number, archive: ContextArchive): AsyncGenerator<Uint8Array> {
  const { directory, ignore, keep, withParents, added } = archive;
  const left = new Map(added);
  /** Directories that are ignored themselves, until something in them is sent. */
  const pending = new Map<string, WalkedFile>();
  const sent = new Set<string>();
  const isSent = (path: string): boolean => keep.has(path) || !ignore.ignores(path);
  const mayHoldSent = (path: string): boolean => !ignore.canSkip(path) || [...keep].some((kept) => kept.startsWith(`${path}/`));

  for await (const file of files.walk(directory, mayHoldSent)) {
    if (!isSent(file.path)) {
      if (file.type === 'directory' && withParents) pending.set(file.path, file);
      continue;
    }
    for (const parent of parentsOf(file.path)) {
      const held = pending.get(parent);
      if (!held) continue;
      pending.delete(parent);
      yield* piecesOf(held, sent);
    }
    const change = file.type === 'file' ? left.get(file.path) : undefined;
    if (change) left.delete(file.path);
    yield* piecesOf(change ? { ...file, type: 'file', content: async () => change(await file.content()) } : file, sent);
  }
  for (const [path, make] of left) {
    yield* tarPieces({ path, type: 'file', mode: ADDED_MODE, uid: 0, gid: 0, mtime: Math.floor(nowMs / 1000), content: make(undefined) });
  }
  yield endOfTar;
}

/** The archive of a single file. */
export function* singleFileArchive(path: string, content: Uint8Array, nowMs: number): Generator<Uint8Array> {
  yield* tarPieces({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: Math.floor(nowMs / 1000), content });
  yield endOfTar;
}

/** Everything belongs to root, whoever owns it here. @param sent regular files so far: what a hard link may point to */
async function* piecesOf(file: WalkedFile, sent: Set<string>): AsyncGenerator<Uint8Array> {
  const common = { path: file.path, mode: file.mode, uid: 0, gid: 0, mtime: Math.floor(file.mtimeMs / 1000) };
  if (file.type === 'hardlink' && sent.has(file.linkName ?? '')) {
    yield* tarPieces({ ...common, type: 'hardlink', linkName: file.linkName ?? '' });
    return;
  }
  switch (file.type) {
    case 'file':
    // Its other name is not sent.
    case 'hardlink':
      sent.add(file.path);
      yield* tarPieces({ ...common, type: 'file', content: await file.content() });
      return;
    case 'symlink':
      yield* tarPieces({ ...common, type: 'symlink', linkName: file.linkName ?? '' });
      return;
    case 'directory':
    case 'fifo':
      yield* tarPieces({ ...common, type: file.type });
      return;
    case 'character':
    case 'block':
    case 'socket':
    // Not of use to a build, and not known here by their numbers.
  }
}

/** `a`, `a/b` of `a/b/c`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
