/**
 * A writable file system in memory with POSIX rules: what nodes see as `/var/lib/docker` and `/root`
 * through 9P, and what the engine and the editor read and write directly. Permissions are not checked
 * here: the guest's kernel does that for its processes. Synchronous; every refusal is an FsError and
 * leaves all as it was.
 */
import { FsError } from './errno.ts';
import { nameLength } from './file-name.ts';
import { FileContent } from './file-content.ts';
import {
  fileType,
  insertEntry,
  isDirectory,
  isRegular,
  newInode,
  pathOf,
  PERMISSION_MASK,
  removeEntry,
  typeOf,
  type DirectoryEntry,
  type Inode,
  type Owner,
} from './inode.ts';
import type { AttributeChange, FileTree, TreeUsage } from './file-tree.ts';

export interface MemoryFsOptions {
  /** Bytes of content, names and attributes that fit; beyond it writes fail with ENOSPC. */
  limitBytes: number;
  /** Files and directories that fit. */
  limitInodes: number;
  /** Nanoseconds since the epoch. */
  nowNs(): bigint;
}

/** What an empty file costs against the limit, its first name included; and what each further name does. */
const INODE_COST = 256;
const MAX_NAME = 255;
const MAX_TARGET = 4096;
const MAX_LINKS = 65000;
const MAX_XATTR_BYTES = 64 * 1024;
const ROOT_OWNER: Owner = { uid: 0, gid: 0 };

type Directory = Inode & { children: Map<string, DirectoryEntry> };

export class MemoryFs implements FileTree {
  readonly root: Inode;
  readonly #options: MemoryFsOptions;
  readonly #byId = new Map<number, Inode>();
  #nextId = 1;
  #usedBytes = 0;
  #listeners = new Set<(path: string) => void>();

  constructor(options: MemoryFsOptions) {
    this.#options = options;
    this.root = this.#newInode(fileType.directory | 0o755, ROOT_OWNER);
  }

  inode(id: number): Inode | undefined {
    return this.#byId.get(id);
  }

  lookup(directory: Inode, name: string): Inode {
    const found = asDirectory(directory).children.get(name);
    if (!found) throw new FsError('ENOENT');
    return found.inode;
  }

  parentOf(directory: Inode): Inode {
    return directory.place?.directory ?? directory;
  }

  // Creating

  /** Makes a file, directory or device; `mode` carries the type. */
  create(directory: Inode, name: string, mode: number, owner: Owner, device?: { major: number; minor: number }): Inode {
    const parent = this.#freeName(directory, name);
    const inode = this.#newInode(mode, owner);
    if (device) [inode.major, inode.minor] = [device.major, device.minor];
    this.#insert(parent, name, inode);
    return inode;
  }

  symlink(directory: Inode, name: string, target: string, owner: Owner): Inode {
    const length = nameLength(target);
    if (length === 0 || length > MAX_TARGET) throw new FsError(length ? 'ENAMETOOLONG' : 'ENOENT');
    return this.#charge(length, () => {
      const inode = this.create(directory, name, fileType.symlink | 0o777, owner);
      inode.target = target;
      return inode;
    });
  }

  link(directory: Inode, name: string, inode: Inode): void {
    if (isDirectory(inode)) throw new FsError('EPERM');
    if (inode.linkCount >= MAX_LINKS) throw new FsError('EMLINK');
    if (inode.linkCount === 0) throw new FsError('ENOENT');
    const parent = this.#freeName(directory, name);
    this.#charge(INODE_COST, () => this.#insert(parent, name, inode));
    inode.ctimeNs = this.#options.nowNs();
  }

  // Removing and moving

  unlink(directory: Inode, name: string): void {
    const inode = this.lookup(directory, name);
    if (isDirectory(inode)) throw new FsError('EISDIR');
    this.#remove(asDirectory(directory), name, inode);
  }

  removeDirectory(directory: Inode, name: string): void {
    const inode = asDirectory(this.lookup(directory, name));
    if (inode.children.size > 0) throw new FsError('ENOTEMPTY');
    this.#remove(asDirectory(directory), name, inode);
  }

  rename(from: Inode, oldName: string, to: Inode, newName: string): void {
    const inode = this.lookup(from, oldName);
    const target = asDirectory(to);
    checkName(newName);
    if (target.linkCount === 0) throw new FsError('ENOENT');
    if (isDirectory(inode) && this.#isInside(target, inode)) throw new FsError('EINVAL');
    const replaced = target.children.get(newName)?.inode;
    if (replaced === inode) return;
    if (replaced) {
      if (isDirectory(replaced) && !isDirectory(inode)) throw new FsError('EISDIR');
      if (!isDirectory(replaced) && isDirectory(inode)) throw new FsError('ENOTDIR');
      if (isDirectory(replaced) && replaced.children.size > 0) throw new FsError('ENOTEMPTY');
      this.#remove(target, newName, replaced);
    }
    this.#changed(inode);
    removeEntry(asDirectory(from), oldName, inode);
    this.#touchDirectory(asDirectory(from));
    insertEntry(target, newName, inode);
    this.#touchDirectory(target);
    inode.ctimeNs = this.#options.nowNs();
    this.#changed(inode);
  }

  // Content

  read(inode: Inode, offset: number, target: Uint8Array): number {
    return contentOf(inode).readInto(target, offset);
  }

  write(inode: Inode, offset: number, bytes: Uint8Array): void {
    const content = contentOf(inode);
    if (!Number.isSafeInteger(offset + bytes.length)) throw new FsError('EFBIG');
    this.#charge(content.growthOf(offset, bytes.length), () => content.write(offset, bytes));
    this.#modified(inode);
  }

  /** Cuts off or extends with a hole. */
  truncate(inode: Inode, size: number): void {
    const content = contentOf(inode);
    if (!Number.isSafeInteger(size)) throw new FsError('EFBIG');
    const before = content.allocatedBytes;
    content.truncate(size);
    this.#usedBytes += content.allocatedBytes - before;
    this.#modified(inode);
  }

  /** Replaces all bytes at once, so that no reader sees half. Takes the bytes without copying. */
  replaceContent(inode: Inode, bytes: Uint8Array): void {
    const before = contentOf(inode).allocatedBytes;
    this.#charge(bytes.length - before, () => {
      inode.content = FileContent.of(bytes);
    });
    this.#modified(inode);
  }

  // Attributes

  setAttributes(inode: Inode, change: AttributeChange): void {
    if (change.sizeBytes !== undefined) this.truncate(inode, change.sizeBytes);
    if (change.mode !== undefined) inode.mode = typeOf(inode) | (change.mode & PERMISSION_MASK);
    if (change.uid !== undefined) inode.uid = change.uid;
    if (change.gid !== undefined) inode.gid = change.gid;
    const now = this.#options.nowNs();
    if (change.atimeNs !== undefined) inode.atimeNs = change.atimeNs === 'now' ? now : change.atimeNs;
    if (change.mtimeNs !== undefined) inode.mtimeNs = change.mtimeNs === 'now' ? now : change.mtimeNs;
    inode.ctimeNs = now;
    inode.version++;
    this.#changed(inode);
  }

  setXattr(inode: Inode, name: string, value: Uint8Array | undefined, rule: 'create' | 'replace' | 'any'): void {
    const length = nameLength(name);
    if (length === 0 || length > MAX_NAME) throw new FsError('ERANGE');
    const attributes = (inode.xattrs ??= new Map());
    const old = attributes.get(name);
    if (old && rule === 'create') throw new FsError('EEXIST');
    if (!old && (rule === 'replace' || !value)) throw new FsError('ENODATA');
    const growth = (value ? length + value.length : 0) - (old ? length + old.length : 0);
    if (xattrBytes(inode) + growth > MAX_XATTR_BYTES) throw new FsError('ENOSPC');
    this.#charge(growth, () => (value ? attributes.set(name, value) : attributes.delete(name)));
    inode.ctimeNs = this.#options.nowNs();
  }

  usage(): TreeUsage {
    return {
      limitBytes: this.#options.limitBytes,
      usedBytes: this.#usedBytes,
      limitInodes: this.#options.limitInodes,
      usedInodes: this.#byId.size,
    };
  }

  // Holding: open files outlive their names

  hold(inode: Inode): void {
    inode.holders++;
  }

  release(inode: Inode): void {
    inode.holders--;
    this.#forgetIfUnused(inode);
  }

  /** Calls the listener with the path of whatever changes; the returned function stops it. */
  watch(listener: (path: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // Saving: see saved-tree.ts

  allInodes(): Iterable<Inode> {
    return this.#byId.values();
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** Takes the place of all inodes, with the root's id as it was. */
  adopt(inodes: Inode[], nextId: number): void {
    const root = inodes.find((inode) => inode.id === this.root.id);
    if (!root || !isDirectory(root)) throw new FsError('EIO', 'the saved files have no root directory');
    Object.assign(this.root, root);
    this.#byId.clear();
    this.#usedBytes = 0;
    for (const inode of inodes) {
      this.#byId.set(inode.id, inode === root ? this.root : inode);
      this.#usedBytes += costOf(inode);
      if (inode.place?.directory === root) inode.place.directory = this.root;
    }
    this.#nextId = nextId;
  }

  // Inside

  #newInode(mode: number, owner: Owner): Inode {
    if (this.#byId.size >= this.#options.limitInodes) throw new FsError('ENOSPC');
    return this.#charge(INODE_COST, () => {
      const inode = newInode(this.#nextId++, mode, owner, this.#options.nowNs());
      this.#byId.set(inode.id, inode);
      return inode;
    });
  }

  /** Does what takes `bytes` more of the limit, or refuses. */
  #charge<T>(bytes: number, action: () => T): T {
    if (bytes > 0 && this.#usedBytes + bytes > this.#options.limitBytes) throw new FsError('ENOSPC');
    this.#usedBytes += bytes;
    try {
      return action();
    } catch (error) {
      this.#usedBytes -= bytes;
      throw error;
    }
  }

  /** Checks that the name may be given in the directory and is not. */
  #freeName(directory: Inode, name: string): Directory {
    checkName(name);
    const parent = asDirectory(directory);
    if (parent.linkCount === 0) throw new FsError('ENOENT');
    if (parent.children.has(name)) throw new FsError('EEXIST');
    return parent;
  }

  #insert(parent: Directory, name: string, inode: Inode): void {
    insertEntry(parent, name, inode);
    this.#touchDirectory(parent);
    this.#changed(inode);
  }

  #remove(parent: Directory, name: string, inode: Inode): void {
    const { place } = inode;
    inode.place = { directory: parent, name };
    this.#changed(inode);
    // Under another name of it, watchers hear of it further on.
    if (place) inode.place = place;
    removeEntry(parent, name, inode);
    if (isDirectory(inode)) inode.linkCount = 0;
    else if (inode.linkCount > 0) this.#usedBytes -= INODE_COST;
    inode.ctimeNs = this.#options.nowNs();
    this.#touchDirectory(parent);
    this.#forgetIfUnused(inode);
  }

  #forgetIfUnused(inode: Inode): void {
    if (inode.linkCount > 0 || inode.holders > 0 || inode === this.root) return;
    if (!this.#byId.delete(inode.id)) return;
    this.#usedBytes -= costOf(inode);
  }

  #touchDirectory(directory: Inode): void {
    directory.mtimeNs = directory.ctimeNs = this.#options.nowNs();
    directory.version++;
  }

  #modified(inode: Inode): void {
    inode.mtimeNs = inode.ctimeNs = this.#options.nowNs();
    inode.version++;
    this.#changed(inode);
  }

  #changed(inode: Inode): void {
    if (this.#listeners.size === 0) return;
    const path = pathOf(inode, this.root);
    if (path !== undefined) for (const listener of this.#listeners) listener(path);
  }

  /** Whether `inode` is `ancestor` or lies below it. */
  #isInside(inode: Inode, ancestor: Inode): boolean {
    for (let at: Inode | undefined = inode; at; at = at.place?.directory) if (at === ancestor) return true;
    return false;
  }
}

/** What an inode takes of the limit. */
function costOf(inode: Inode): number {
  const names = isDirectory(inode) ? 1 : Math.max(1, inode.linkCount);
  return names * INODE_COST + (inode.content?.allocatedBytes ?? 0) + nameLength(inode.target ?? '') + xattrBytes(inode);
}

function xattrBytes({ xattrs }: Inode): number {
  let total = 0;
  for (const [name, value] of xattrs ?? []) total += nameLength(name) + value.length;
  return total;
}

function asDirectory(inode: Inode): Directory {
  if (!isDirectory(inode)) throw new FsError('ENOTDIR');
  return inode;
}

function contentOf(inode: Inode): FileContent {
  if (isDirectory(inode)) throw new FsError('EISDIR');
  if (!isRegular(inode) || !inode.content) throw new FsError('EINVAL');
  return inode.content;
}

function checkName(name: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) throw new FsError('EINVAL');
  if (name.length > MAX_NAME || nameLength(name) > MAX_NAME) throw new FsError('ENAMETOOLONG');
}
