/**
 * The engine's Storage port over a directory of the shared file system: what the engine writes is in the
 * node's `/var/lib/docker` at once. Files are changed in place, because containers have some of them
 * (hosts, resolv.conf) mounted by inode.
 */
import { EngineError } from '#engine/errors.ts';
import type { FileAttributes, LayerEntry } from '#engine/image/layer-trees.ts';
import type { Storage } from '#engine/storage.ts';
import { FsError } from './errno.ts';
import { isDirectory, isRegular, type Inode, sizeOf } from './inode.ts';
import type { MemoryFs } from './memory-fs.ts';
import { find, locate, makeDirectories, makeFile, mtimeNsOf, putEntry, putFile, removeAll } from './paths.ts';
import { treeEntries } from './tree-entries.ts';

export class MemoryStorage implements Storage {
  readonly #files: MemoryFs;
  readonly #top: Inode;

  constructor(files: MemoryFs, path: string) {
    this.#files = files;
    this.#top = makeDirectories(files, files.root, path, 0o710);
  }

  read(path: string): Uint8Array | undefined {
    const inode = find(this.#files, this.#top, path);
    return inode && isRegular(inode) ? translate(path, () => inode.content?.bytes()) : undefined;
  }

  write(path: string, bytes: Uint8Array, mode = 0o644): void {
    translate(path, () => {
      const inode = putFile(this.#files, this.#top, path, bytes, mode);
      if ((inode.mode & 0o7777) !== mode) this.#files.setAttributes(inode, { mode });
    });
  }

  append(path: string, bytes: Uint8Array): void {
    translate(path, () => {
      const inode = makeFile(this.#files, this.#top, path, 0o640);
      this.#files.write(inode, inode.content?.sizeBytes ?? 0, bytes);
    });
  }

  makeDirectory(path: string, mode = 0o755): void {
    translate(path, () => makeDirectories(this.#files, this.#top, path, mode));
  }

  putTree(path: string, top: FileAttributes, entries: Iterable<LayerEntry>, options = { share: false }): void {
    translate(path, () => {
      const directory = makeDirectories(this.#files, this.#top, path, 0o755);
      try {
        const directories: LayerEntry[] = [];
        for (const entry of entries) {
          putEntry(this.#files, directory, entry, options);
          if (entry.type === 'directory') directories.push(entry);
        }
        // What was made in them has changed their times.
        for (const entry of directories)
          this.#files.setAttributes(find(this.#files, directory, entry.path)!, { mtimeNs: mtimeNsOf(entry) });
        this.#files.setAttributes(directory, { mode: top.mode, uid: top.uid, gid: top.gid });
      } catch (error) {
        for (const name of [...(directory.children?.keys() ?? [])]) removeAll(this.#files, directory, name);
        throw error;
      }
    });
  }

  tree(path: string): Iterable<LayerEntry> | undefined {
    const inode = find(this.#files, this.#top, path);
    return inode && translate(path, () => treeEntries(inode));
  }

  remove(path: string): void {
    translate(path, () => removeAll(this.#files, this.#top, path));
  }

  rename(from: string, to: string): void {
    translate(from, () => {
      const inode = find(this.#files, this.#top, from);
      if (!inode) throw new FsError('ENOENT');
      const source = locate(this.#files, this.#top, from, 0o755);
      const target = locate(this.#files, this.#top, to, 0o755);
      this.#files.rename(source.directory, source.name, target.directory, target.name);
    });
  }

  list(path: string): string[] {
    const inode = find(this.#files, this.#top, path);
    return inode && isDirectory(inode) ? [...inode.children.keys()].sort() : [];
  }

  sizeBytes(path: string): number | undefined {
    const inode = find(this.#files, this.#top, path);
    return inode && isRegular(inode) ? inode.content?.sizeBytes : undefined;
  }

  treeSizeBytes(path: string): number {
    const top = find(this.#files, this.#top, path);
    const counted = new Set<Inode>();
    const left = top ? [top] : [];
    let size = 0;
    for (let inode = left.pop(); inode; inode = left.pop()) {
      if (inode.children) for (const child of inode.children.values()) left.push(child.inode);
      else if (!counted.has(inode)) size += sizeOf(inode);
      counted.add(inode);
    }
    return size;
  }
}

const words: Partial<Record<FsError['code'], string>> = {
  ENOSPC: 'no space left on device',
  EFBIG: 'file too large',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  ENAMETOOLONG: 'file name too long',
};

/** The engine's kind of error, in the words of the operating system. */
function translate<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new EngineError('system', `/var/lib/docker/${path}: ${words[error.code] ?? error.code}`, { cause: error });
  }
}
