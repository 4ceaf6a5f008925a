/** Storage in a map, for tests. The app's lies in the worker's file system (emulator/p9). */
import { assert } from '../assert.ts';
import { concatBytes } from '../bytes.ts';
import type { FileAttributes, LayerEntry } from '../image/layer-trees.ts';
import type { Storage } from '../storage.ts';

export class MemoryStorage implements Storage {
  /** By path. Directories exist through their files, or here with undefined. */
  readonly #files = new Map<string, Uint8Array | undefined>();
  /** What putTree was given, by path. */
  readonly #entries = new Map<string, LayerEntry>();

  read(path: string): Uint8Array | undefined {
    return this.#files.get(checked(path))?.slice();
  }

  write(path: string, bytes: Uint8Array): void {
    this.#files.set(checked(path), bytes.slice());
  }

  append(path: string, bytes: Uint8Array): void {
    this.write(path, concatBytes([this.read(path) ?? new Uint8Array(0), bytes]));
  }

  makeDirectory(path: string): void {
    if (!this.#files.has(checked(path))) this.#files.set(path, undefined);
  }

  putTree(path: string, top: FileAttributes, entries: Iterable<LayerEntry>): void {
    this.makeDirectory(path);
    this.#entries.set(path, { ...top, path: '', type: 'directory', mtime: 0 });
    for (const entry of entries) {
      this.#entries.set(`${path}/${entry.path}`, entry);
      if (entry.type === 'directory') this.makeDirectory(`${path}/${entry.path}`);
      else this.write(`${path}/${entry.path}`, entry.content ?? new Uint8Array());
    }
  }

  *tree(path: string): Iterable<LayerEntry> {
    const inside = [...this.#files].filter(([name]) => name === path || name.startsWith(`${path}/`));
    for (const [name, content] of inside.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const known = this.#entries.get(name);
      const type = content ? 'file' : 'directory';
      const entry = known ?? { path: name.slice(path.length + 1), type, mode: content ? 0o644 : 0o755, uid: 0, gid: 0, mtime: 0 };
      yield { ...entry, ...(content && entry.type === 'file' && { content }) };
    }
  }

  remove(path: string): void {
    for (const name of [...this.#files.keys()]) if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
  }

  rename(from: string, to: string): void {
    this.remove(to);
    for (const [name, bytes] of [...this.#files]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.#files.delete(name);
      this.#files.set(to + name.slice(from.length), bytes);
    }
  }

  list(path: string): string[] {
    const inside = path === '' ? '' : `${path}/`;
    const names = [...this.#files.keys()].filter((name) => name.startsWith(inside)).map((name) => name.slice(inside.length).split('/')[0]!);
    return [...new Set(names)].sort();
  }

  sizeBytes(path: string): number | undefined {
    return this.#files.get(checked(path))?.length;
  }

  treeSizeBytes(path: string): number {
    let size = 0;
    for (const [name, bytes] of this.#files) if (name.startsWith(`${path}/`)) size += bytes?.length ?? 0;
    return size;
  }

  /** A file as text; empty when it is absent. */
  text(path: string): string {
    return new TextDecoder().decode(this.read(path));
  }

  /** Every file's path, sorted: what a test compares before and after. */
  paths(): string[] {
    return [...this.#files]
      .filter(([, bytes]) => bytes !== undefined)
      .map(([path]) => path)
      .sort();
  }
}

function checked(path: string): string {
  assert(!path.startsWith('/') && !path.split('/').includes('..'), `storage path is relative: ${path}`);
  return path;
}
