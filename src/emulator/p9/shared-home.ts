/**
 * A node's home directory as the editor (or `drydock exec --files`) sees it. Watchers hear of the guest's
 * changes only, a moment later and once per path, because a program that saves a file touches it
 * several times.
 */
import type { HomeFiles } from '../machine-api.ts';
import { FsError } from './errno.ts';
import { isDirectory, isRegular, type Inode } from './inode.ts';
import type { MemoryFs } from './memory-fs.ts';
import { find, locate, makeDirectories, putFile, removeAll } from './paths.ts';

const SETTLE_MS = 50;

export class SharedHome implements HomeFiles {
  readonly #files: MemoryFs;
  readonly #top: Inode;
  readonly #path: string;
  /** While we change files ourselves. */
  #own = false;

  constructor(files: MemoryFs, path: string) {
    this.#files = files;
    this.#path = path;
    this.#top = makeDirectories(files, files.root, path, 0o700);
  }

  list(path: string): Promise<{ name: string; type: 'file' | 'directory' | 'other'; sizeBytes: number }[]> {
    return this.#run(path, () => {
      const inode = this.#existing(path);
      if (!isDirectory(inode)) throw new FsError('ENOTDIR', path);
      return [...inode.children]
        .map(([name, { inode: child }]) => ({
          name,
          type: isDirectory(child) ? ('directory' as const) : isRegular(child) ? ('file' as const) : ('other' as const),
          sizeBytes: child.content?.sizeBytes ?? 0,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  read(path: string): Promise<Uint8Array> {
    return this.#run(path, () => {
      const inode = this.#existing(path);
      if (!inode.content) throw new FsError(isDirectory(inode) ? 'EISDIR' : 'EINVAL', path);
      return inode.content.bytes().slice();
    });
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#run(path, () => void putFile(this.#files, this.#top, path, bytes.slice(), 0o644));
  }

  remove(path: string): Promise<void> {
    return this.#run(path, () => removeAll(this.#files, this.#top, path));
  }

  watch(listener: (path: string) => void): () => void {
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (): void => {
      timer = undefined;
      const paths = [...changed];
      changed.clear();
      for (const path of paths) listener(path);
    };
    const prefix = `${this.#path}/`;
    const stop = this.#files.watch((path) => {
      if (this.#own || !path.startsWith(prefix)) return;
      changed.add(path.slice(prefix.length));
      timer ??= setTimeout(tell, SETTLE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  // For copying from and to a disk

  /** Undefined when there is nothing at the path. */
  entry(path: string): { type: 'file' | 'directory' | 'symlink' | 'other'; mode: number; target: string } | undefined {
    const inode = find(this.#files, this.#top, path);
    if (!inode) return undefined;
    const type = isDirectory(inode) ? 'directory' : isRegular(inode) ? 'file' : inode.target === undefined ? 'other' : 'symlink';
    return { type, mode: inode.mode & 0o7777, target: inode.target ?? '' };
  }

  makeDirectory(path: string): void {
    this.#quietly(() => makeDirectories(this.#files, this.#top, path, 0o755));
  }

  symlink(path: string, target: string): void {
    this.#quietly(() => {
      const { directory, name } = locate(this.#files, this.#top, path, 0o755);
      this.#files.symlink(directory, name, target, { uid: 0, gid: 0 });
    });
  }

  setMode(path: string, mode: number): void {
    this.#quietly(() => this.#files.setAttributes(this.#existing(path), { mode }));
  }

  /** Resolves when watchers have heard of everything that has happened. */
  settled(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 2 * SETTLE_MS));
  }

  #existing(path: string): Inode {
    const inode = find(this.#files, this.#top, path);
    if (!inode) throw new FsError('ENOENT', path);
    return inode;
  }

  /** Does what watchers are not told of. */
  #quietly<T>(action: () => T): T {
    this.#own = true;
    try {
      return action();
    } finally {
      this.#own = false;
    }
  }

  #run<T>(path: string, action: () => T): Promise<T> {
    try {
      return Promise.resolve(this.#quietly(action));
    } catch (error) {
      return Promise.reject(error instanceof FsError ? new Error(`${path}: ${error.message}`, { cause: error }) : error);
    }
  }
}
