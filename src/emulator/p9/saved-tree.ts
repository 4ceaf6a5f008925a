/**
 * A tree of files as data, and back: part of the saved state and of every session. Inode ids are kept,
 * because fids, the guest's caches and hard links refer to them.
 */
import { FsError } from './errno.ts';
import { FileContent } from './file-content.ts';
import { isDirectory, newInode, type Inode } from './inode.ts';

export interface SavedTree {
  nextId: number;
  inodes: SavedInode[];
  /** What the inodes' extents point into, one buffer per extent. */
  blobs: Uint8Array[];
}

interface SavedInode {
  id: number;
  mode: number;
  uid: number;
  gid: number;
  linkCount: number;
  /** Access, modification and change time, nanoseconds as decimal digits. */
  times: [string, string, string];
  version: number;
  device?: [number, number];
  sizeBytes?: number;
  /** Offset in the file and index of the blob. */
  extents?: [number, number][];
  target?: string;
  nextCookie?: number;
  /** Name, inode id, cookie. */
  children?: [string, number, number][];
  /** Directory id and name. */
  place?: [number, string];
  /** Name and index of the blob. */
  xattrs?: [string, number][];
}

interface SavableTree {
  allInodes(): Iterable<Inode>;
  readonly nextId: number;
  adopt(inodes: Inode[], nextId: number): void;
}

export function saveTree(tree: SavableTree): SavedTree {
  const blobs: Uint8Array[] = [];
  const inodes = [...tree.allInodes()].map((inode): SavedInode => {
    const saved: SavedInode = {
      id: inode.id,
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      linkCount: inode.linkCount,
      times: [String(inode.atimeNs), String(inode.mtimeNs), String(inode.ctimeNs)],
      version: inode.version,
    };
    if (inode.major || inode.minor) saved.device = [inode.major, inode.minor];
    if (inode.target !== undefined) saved.target = inode.target;
    if (inode.place) saved.place = [inode.place.directory.id, inode.place.name];
    if (inode.content) {
      saved.sizeBytes = inode.content.sizeBytes;
      saved.extents = [...inode.content.extents()].map(({ offset, bytes }) => [offset, blobs.push(bytes) - 1]);
    }
    if (inode.children) {
      saved.nextCookie = inode.nextCookie;
      saved.children = [...inode.children].map(([name, entry]) => [name, entry.inode.id, entry.cookie]);
    }
    if (inode.xattrs) saved.xattrs = [...inode.xattrs].map(([name, value]) => [name, blobs.push(value) - 1]);
    return saved;
  });
  return { nextId: tree.nextId, inodes, blobs };
}

/** Fills the tree; holders start at zero, the restored fids hold anew. */
export function restoreTree(tree: SavableTree, saved: SavedTree): void {
  const byId = new Map(saved.inodes.map((row) => [row.id, plainInode(row, saved.blobs)]));
  const find = (id: number): Inode => {
    const inode = byId.get(id);
    if (!inode) throw new FsError('EIO', `the saved files lack inode ${id}`);
    return inode;
  };
  for (const row of saved.inodes) {
    const inode = find(row.id);
    if (row.place) {
      const directory = byId.get(row.place[0]);
      if (directory) inode.place = { directory, name: row.place[1] };
    }
    if (!isDirectory(inode)) continue;
    for (const [name, id, cookie] of row.children ?? []) inode.children.set(name, { inode: find(id), cookie });
    inode.nextCookie = row.nextCookie ?? inode.nextCookie;
  }
  tree.adopt([...byId.values()], saved.nextId);
}

function plainInode(row: SavedInode, blobs: Uint8Array[]): Inode {
  const inode = newInode(row.id, row.mode, row, 0n);
  inode.linkCount = row.linkCount;
  inode.version = row.version;
  [inode.atimeNs, inode.mtimeNs, inode.ctimeNs] = [BigInt(row.times[0]), BigInt(row.times[1]), BigInt(row.times[2])];
  if (row.device) [inode.major, inode.minor] = row.device;
  if (row.target !== undefined) inode.target = row.target;
  if (row.extents) inode.content = plainContent(row.sizeBytes ?? 0, row.extents, blobs);
  if (row.xattrs) inode.xattrs = new Map(row.xattrs.map(([name, index]) => [name, blobAt(blobs, index)]));
  return inode;
}

function plainContent(sizeBytes: number, extents: [number, number][], blobs: Uint8Array[]): FileContent {
  const [first] = extents;
  if (first && extents.length === 1 && first[0] === 0 && blobAt(blobs, first[1]).length === sizeBytes) {
    return FileContent.of(blobAt(blobs, first[1]));
  }
  const content = new FileContent();
  for (const [offset, index] of extents) content.write(offset, blobAt(blobs, index));
  content.truncate(sizeBytes);
  return content;
}

function blobAt(blobs: Uint8Array[], index: number): Uint8Array {
  const blob = blobs[index];
  if (!blob) throw new FsError('EIO', `the saved files lack blob ${index}`);
  return blob;
}
