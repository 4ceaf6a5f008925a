/**
 * What both file trees are made of: one record per file, directory, link or device. Who may change it and
 * when is decided by the trees (memory-fs.ts, layer-forest.ts); 9P's messages only name inodes.
 */
import { FileContent } from './file-content.ts';

export const fileType = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  regular: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
} as const;

const TYPE_MASK = 0o170000;
export const PERMISSION_MASK = 0o7777;

export interface Inode {
  /** Never used twice in one tree: a guest's cache keys on it. */
  readonly id: number;
  /** Type and permission bits, as in `st_mode`. */
  mode: number;
  uid: number;
  gid: number;
  /** Names that lead here; for a directory 2 + its subdirectories. */
  linkCount: number;
  /** Fids that hold it. Its bytes are given back when no name and no fid is left. */
  holders: number;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  /** Counts changes, for the version in 9P's qid. */
  version: number;
  major: number;
  minor: number;
  /** Regular files only. */
  content?: FileContent;
  /** Symbolic links only. */
  target?: string;
  /** Directories only; in order of insertion. */
  children?: Map<string, DirectoryEntry>;
  /** Directories only: the next entry's cookie. */
  nextCookie: number;
  /** The last name that was given to it, to tell watchers a path; undefined for the root and when unlinked. */
  place?: { directory: Inode; name: string };
  xattrs?: Map<string, Uint8Array>;
}

export interface DirectoryEntry {
  inode: Inode;
  /** Position for readdir: grows with every insertion, so reading goes on rightly while entries vanish. */
  cookie: number;
}

/** Cookies 1 and 2 are `.` and `..`. */
export const FIRST_COOKIE = 3;

export interface Owner {
  uid: number;
  gid: number;
}

export function newInode(id: number, mode: number, owner: Owner, nowNs: bigint): Inode {
  const inode: Inode = {
    id,
    mode,
    uid: owner.uid,
    gid: owner.gid,
    linkCount: 0,
    holders: 0,
    atimeNs: nowNs,
    mtimeNs: nowNs,
    ctimeNs: nowNs,
    version: 0,
    major: 0,
    minor: 0,
    nextCookie: FIRST_COOKIE,
  };
  if (isDirectory(inode)) {
    inode.children = new Map();
    inode.linkCount = 2;
  } else if (isRegular(inode)) {
    inode.content = new FileContent();
  }
  return inode;
}

export function typeOf(inode: Inode): number {
  return inode.mode & TYPE_MASK;
}

export function isDirectory(inode: Inode): inode is Inode & { children: Map<string, DirectoryEntry> } {
  return (inode.mode & TYPE_MASK) === fileType.directory;
}

export function isRegular(inode: Inode): boolean {
  return (inode.mode & TYPE_MASK) === fileType.regular;
}

/** Size as `stat` reports it. */
export function sizeOf(inode: Inode): number {
  if (inode.content) return inode.content.sizeBytes;
  if (inode.target !== undefined) return inode.target.length;
  return isDirectory(inode) ? 4096 : 0;
}

/** Puts a name into a directory's table. The caller has checked that it is free. */
export function insertEntry(directory: Inode & { children: Map<string, DirectoryEntry> }, name: string, inode: Inode): void {
  directory.children.set(name, { inode, cookie: directory.nextCookie++ });
  inode.place = { directory, name };
  if (isDirectory(inode)) directory.linkCount++;
  else inode.linkCount++;
}

/** Takes a name out of a directory's table. */
export function removeEntry(directory: Inode & { children: Map<string, DirectoryEntry> }, name: string, inode: Inode): void {
  directory.children.delete(name);
  if (inode.place?.directory === directory && inode.place.name === name) delete inode.place;
  if (isDirectory(inode)) directory.linkCount--;
  else inode.linkCount--;
}

/** Path from the tree's root, without leading slash; undefined when the inode has no known name. */
export function pathOf(inode: Inode, root: Inode): string | undefined {
  const names: string[] = [];
  for (let at = inode; at !== root; at = at.place.directory) {
    if (!at.place) return undefined;
    names.unshift(at.place.name);
  }
  return names.join('/');
}
