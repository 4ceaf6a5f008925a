/**
 * The unpacked image layers, each a directory `sha256-<hex>` below one root, read-only for the guest.
 * Hard links share an inode, a deleted file is a character device 0/0 and an opaque directory carries
 * `trusted.overlay.opaque`, as overlayfs wants its lower directories. Content is shared with whoever
 * unpacked it, never copied.
 */
import { EngineError } from '#engine/errors.ts';
import type { LayerEntry, LayerTrees } from '#engine/image/layer-trees.ts';
import { FsError } from './errno.ts';
import type { FileTree, TreeUsage } from './file-tree.ts';
import { FileContent } from './file-content.ts';
import { fileType, insertEntry, isDirectory, newInode, removeEntry, typeOf, type DirectoryEntry, type Inode } from './inode.ts';
import { modeOf, treeEntries } from './tree-entries.ts';

type Directory = Inode & { children: Map<string, DirectoryEntry> };

/** The directory of a layer: a colon in a path would separate lower directories in overlay's mount options. */
export function layerDirectory(diffId: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(diffId)) throw new EngineError('invalid-parameter', `invalid diffID: ${diffId}`);
  return diffId.replace(':', '-');
}

export class LayerForest implements FileTree, LayerTrees {
  readonly root: Directory;
  readonly #byId = new Map<number, Inode>();
  #nextId = 1;

  constructor() {
    this.root = this.#newInode(fileType.directory | 0o755, 0) as Directory;
  }

  // LayerTrees: the engine's side

  has(diffId: string): boolean {
    return this.root.children.has(layerDirectory(diffId));
  }

  put(diffId: string, entries: Iterable<LayerEntry>): void {
    if (this.has(diffId)) return;
    const top = this.#newInode(fileType.directory | 0o755, 0) as Directory;
    try {
      for (const entry of entries) this.#add(top, entry);
    } catch (error) {
      this.#forget(top);
      throw error;
    }
    insertEntry(this.root, layerDirectory(diffId), top);
  }

  entries(diffId: string): Iterable<LayerEntry> | undefined {
    const top = this.root.children.get(layerDirectory(diffId))?.inode;
    return top && treeEntries(top);
  }

  remove(diffId: string): void {
    const name = layerDirectory(diffId);
    const top = this.root.children.get(name)?.inode;
    if (!top) return;
    removeEntry(this.root, name, top);
    top.linkCount = 0;
    this.#forget(top);
  }

  // FileTree: the guest's side

  inode(id: number): Inode | undefined {
    return this.#byId.get(id);
  }

  lookup(directory: Inode, name: string): Inode {
    if (!isDirectory(directory)) throw new FsError('ENOTDIR');
    const found = directory.children.get(name);
    if (!found) throw new FsError('ENOENT');
    return found.inode;
  }

  parentOf(directory: Inode): Inode {
    return directory.place?.directory ?? directory;
  }

  read(inode: Inode, offset: number, target: Uint8Array): number {
    if (!inode.content) throw new FsError(isDirectory(inode) ? 'EISDIR' : 'EINVAL');
    return inode.content.readInto(target, offset);
  }

  usage(): TreeUsage {
    let usedBytes = 0;
    for (const inode of this.#byId.values()) usedBytes += inode.content?.allocatedBytes ?? 0;
    return { limitBytes: usedBytes, usedBytes, limitInodes: this.#byId.size, usedInodes: this.#byId.size };
  }

  hold(inode: Inode): void {
    inode.holders++;
  }

  release(inode: Inode): void {
    inode.holders--;
    if (inode.linkCount === 0 && inode.holders === 0) this.#byId.delete(inode.id);
  }

  create = readOnly;
  symlink = readOnly;
  link = readOnly;
  unlink = readOnly;
  removeDirectory = readOnly;
  rename = readOnly;
  write = readOnly;
  setAttributes = readOnly;
  setXattr = readOnly;

  // Saving: see saved-tree.ts

  allInodes(): Iterable<Inode> {
    return this.#byId.values();
  }

  get nextId(): number {
    return this.#nextId;
  }

  adopt(inodes: Inode[], nextId: number): void {
    const root = inodes.find((inode) => inode.id === this.root.id);
    if (!root || !isDirectory(root)) throw new FsError('EIO', 'the saved layers have no root directory');
    Object.assign(this.root, root);
    this.#byId.clear();
    for (const inode of inodes) {
      this.#byId.set(inode.id, inode === root ? this.root : inode);
      if (inode.place?.directory === root) inode.place.directory = this.root;
    }
    this.#nextId = nextId;
  }

  // Inside

  #newInode(mode: number, mtime: number): Inode {
    const inode = newInode(this.#nextId++, mode, { uid: 0, gid: 0 }, BigInt(Math.trunc(mtime)) * 1_000_000_000n);
    this.#byId.set(inode.id, inode);
    return inode;
  }

  #add(top: Directory, entry: LayerEntry): void {
    const names = entry.path === '' ? [] : entry.path.split('/');
    if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))) throw damaged(entry.path);
    const name = names.pop();
    if (name === undefined) return this.#describe(top, entry);
    const parent = this.#directory(top, names, entry);
    if (entry.type === 'hardlink') return this.#addLink(top, parent, name, entry);
    const existing = parent.children.get(name)?.inode;
    if (existing && isDirectory(existing) && entry.type === 'directory') return this.#describe(existing, entry);
    if (existing) this.#detach(parent, name, existing);
    const inode = this.#newInode(modeOf[entry.type], entry.mtime);
    this.#describe(inode, entry);
    insertEntry(parent, name, inode);
  }

  #addLink(top: Directory, parent: Directory, name: string, entry: LayerEntry): void {
    const names = (entry.linkName ?? '').split('/').filter((part) => part !== '');
    let target: Inode | undefined = top;
    for (const part of names) target = target && isDirectory(target) ? target.children.get(part)?.inode : undefined;
    if (!target || isDirectory(target)) throw damaged(entry.path);
    const existing = parent.children.get(name)?.inode;
    if (existing === target) return;
    if (existing) this.#detach(parent, name, existing);
    insertEntry(parent, name, target);
  }

  /** The directory of a path, made when the layer does not list it. */
  #directory(top: Directory, names: string[], entry: LayerEntry): Directory {
    let at = top;
    for (const name of names) {
      let next = at.children.get(name)?.inode;
      if (!next) {
        next = this.#newInode(fileType.directory | 0o755, entry.mtime);
        insertEntry(at, name, next);
      }
      if (!isDirectory(next)) throw damaged(entry.path);
      at = next;
    }
    return at;
  }

  #describe(inode: Inode, entry: LayerEntry): void {
    inode.mode = typeOf(inode) | (entry.type === 'symlink' ? 0o777 : entry.mode & 0o7777);
    [inode.uid, inode.gid] = [entry.uid, entry.gid];
    inode.atimeNs = inode.mtimeNs = inode.ctimeNs = BigInt(Math.trunc(entry.mtime)) * 1_000_000_000n;
    [inode.major, inode.minor] = [entry.major ?? 0, entry.minor ?? 0];
    if (entry.type === 'file') inode.content = FileContent.of(entry.content ?? new Uint8Array());
    if (entry.type === 'symlink') inode.target = entry.linkName ?? '';
    if (entry.xattrs) inode.xattrs = new Map(Object.entries(entry.xattrs));
  }

  #detach(parent: Directory, name: string, inode: Inode): void {
    removeEntry(parent, name, inode);
    if (isDirectory(inode)) inode.linkCount = 0;
    this.#forget(inode);
  }

  /** Forgets a tree that has no name any more, but for what fids still hold. */
  #forget(inode: Inode): void {
    if (isDirectory(inode)) {
      for (const [name, { inode: child }] of inode.children) {
        removeEntry(inode, name, child);
        if (isDirectory(child)) child.linkCount = 0;
        this.#forget(child);
      }
      inode.linkCount = 0;
    }
    if (inode.linkCount === 0 && inode.holders === 0) this.#byId.delete(inode.id);
  }
}

function readOnly(): never {
  throw new FsError('EROFS');
}

function damaged(path: string): EngineError {
  return new EngineError('data-loss', `the layer has an entry that cannot be unpacked: ${path}`);
}
