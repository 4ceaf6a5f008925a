/**
 * What the 9P server asks of a tree of files. `MemoryFs` implements it writable, `LayerForest`
 * read-only: every change throws EROFS. All refusals are FsErrors.
 */
import type { Inode, Owner } from './inode.ts';

export interface FileTree {
  readonly root: Inode;
  /** By id, for restoring fids. */
  inode(id: number): Inode | undefined;
  lookup(directory: Inode, name: string): Inode;
  /** The directory above; the root's is the root. */
  parentOf(directory: Inode): Inode;
  create(directory: Inode, name: string, mode: number, owner: Owner, device?: { major: number; minor: number }): Inode;
  symlink(directory: Inode, name: string, target: string, owner: Owner): Inode;
  link(directory: Inode, name: string, inode: Inode): void;
  unlink(directory: Inode, name: string): void;
  removeDirectory(directory: Inode, name: string): void;
  rename(from: Inode, oldName: string, to: Inode, newName: string): void;
  /** Copies bytes into `target`; returns how many there were. */
  read(inode: Inode, offset: number, target: Uint8Array): number;
  write(inode: Inode, offset: number, bytes: Uint8Array): void;
  setAttributes(inode: Inode, change: AttributeChange): void;
  /** Sets, or removes when `value` is undefined. */
  setXattr(inode: Inode, name: string, value: Uint8Array | undefined, rule: 'create' | 'replace' | 'any'): void;
  usage(): TreeUsage;
  /** Keeps an inode alive without a name, until released as often. */
  hold(inode: Inode): void;
  release(inode: Inode): void;
}

export interface AttributeChange {
  /** Permission bits. */
  mode?: number;
  uid?: number;
  gid?: number;
  sizeBytes?: number;
  atimeNs?: bigint | 'now';
  mtimeNs?: bigint | 'now';
}

export interface TreeUsage {
  limitBytes: number;
  usedBytes: number;
  limitInodes: number;
  usedInodes: number;
}
