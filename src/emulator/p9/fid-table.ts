/**
 * The numbers by which the guest's kernel names files: each leads to an inode and keeps it alive. Part
 * of the saved state, because a restored kernel goes on using them.
 */
import { FsError } from './errno.ts';
import type { FileTree } from './file-tree.ts';
import type { Inode } from './inode.ts';

export interface Fid {
  inode: Inode;
  /** Who attached: the owner of what is made through this fid. */
  uid: number;
  open?: { append: boolean };
  xattr?: XattrFid;
}

/** A fid that stands for an extended attribute's value instead of a file. */
export type XattrFid =
  | { kind: 'read'; value: Uint8Array }
  | { kind: 'write'; name: string; value: Uint8Array; filled: number; rule: 'create' | 'replace' | 'any' };

export interface SavedFid {
  number: number;
  inode: number;
  uid: number;
  open?: { append: boolean };
}

/** A kernel that caches names holds a fid per name; far beyond what a guest of this size can cache. */
const MAX_FIDS = 1 << 20;

export class FidTable {
  readonly #fids = new Map<number, Fid>();

  constructor(private readonly tree: FileTree) {}

  get count(): number {
    return this.#fids.size;
  }

  get(number: number): Fid {
    const fid = this.#fids.get(number);
    if (!fid) throw new FsError('EBADF');
    return fid;
  }

  /** Puts a number into use, taking it from whatever it named before when `replace` is set. */
  set(number: number, fid: Fid, replace = false): void {
    if (this.#fids.has(number) && !replace) throw new FsError('EBADF', 'fid in use');
    if (this.#fids.size >= MAX_FIDS) throw new FsError('EMFILE');
    this.tree.hold(fid.inode);
    if (replace) this.drop(number);
    this.#fids.set(number, fid);
  }

  /** Makes an open fid stand for another file (lcreate turns the directory's fid into the file's). */
  move(fid: Fid, inode: Inode): void {
    this.tree.hold(inode);
    this.tree.release(fid.inode);
    fid.inode = inode;
  }

  drop(number: number): void {
    const fid = this.#fids.get(number);
    if (!fid) return;
    this.#fids.delete(number);
    this.tree.release(fid.inode);
  }

  clear(): void {
    for (const number of [...this.#fids.keys()]) this.drop(number);
  }

  /** Attribute fids live only for the length of one system call and are not saved. */
  save(): SavedFid[] {
    return [...this.#fids]
      .filter(([, fid]) => !fid.xattr)
      .map(([number, { inode, uid, open }]) => ({ number, inode: inode.id, uid, ...(open && { open }) }));
  }

  restore(saved: SavedFid[]): void {
    this.#fids.clear();
    for (const { number, inode: id, uid, open } of saved) {
      const inode = this.tree.inode(id);
      if (!inode) throw new FsError('EIO', `the saved fids lack inode ${id}`);
      this.set(number, { inode, uid, ...(open && { open }) });
    }
  }
}
