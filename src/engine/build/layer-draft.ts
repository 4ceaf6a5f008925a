/**
 * A layer in the making: files put over those of a root, with the directories that they need. What it gives in the end
 * is what overlayfs would have in its upper directory.
 */
import { EngineError } from '../errors.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { joinPath, partsOf, splitPath, type ResolvedPath, type RootFiles } from '../image/root-files.ts';

export interface Owner {
  uid: number;
  gid: number;
}

export const rootOwner: Owner = { uid: 0, gid: 0 };

/** As the kernel's. */
const maxLinks = 40;

export class LayerDraft {
  readonly #below: RootFiles;
  readonly #entries = new Map<string, LayerEntry>();
  /** Further names of files that were put here, by the first. */
  readonly #links = new Map<string, Set<string>>();
  readonly #nowSeconds: number;

  constructor(below: RootFiles, nowMs: number) {
    this.#below = below;
    this.#nowSeconds = Math.floor(nowMs / 1000);
  }

  /** Parents before children, and of a file's names the first before those that are linked to it. */
  entries(): LayerEntry[] {
    const keyed = [...this.#entries.values()].map((entry) => ({ entry, key: entry.path.replaceAll('/', '\0') }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
    return firstNamesFirst(keyed.map(({ entry }) => entry));
  }

  get(path: string): LayerEntry | undefined {
    return this.#entries.get(path) ?? this.#below.get(path);
  }

  /** As `RootFiles.resolve`, over what was put here too. */
  resolve(path: string): ResolvedPath {
    const waiting = partsOf(path).reverse();
    let at = '';
    for (let links = 0; waiting.length > 0;) {
      const part = waiting.pop()!;
      if (part === '..') {
        at = splitPath(at).directory;
        continue;
      }
      const next = joinPath(at, part);
      const entry = this.get(next);
      if (entry?.type === 'symlink') {
        if (++links > maxLinks) throw new EngineError('invalid-parameter', `${path}: too many levels of symbolic links`);
        const target = entry.linkName ?? '';
        if (target.startsWith('/')) at = '';
        waiting.push(...partsOf(target).reverse());
        continue;
      }
      at = next;
    }
    return { path: at, entry: at === '' ? { path: '', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0 } : this.get(at) };
  }

  /** Makes a directory and those above it; one that is there stays as it is. @param path resolved */
  makeDirectory(path: string, owner: Owner, mode = 0o755): void {
    if (path === '') return;
    const known = this.get(path);
    if (known?.type === 'directory') return;
    if (known) throw new EngineError('invalid-parameter', `mkdir /${path}: not a directory`);
    this.makeDirectory(splitPath(path).directory, owner);
    this.#touchParents(path);
    this.#entries.set(path, { path, type: 'directory', mode, ...owner, mtime: this.#nowSeconds });
  }

  /** Puts an entry at its path, whose parent is there. */
  put(entry: LayerEntry): void {
    const known = this.get(entry.path);
    if (known?.type === 'directory' && entry.type !== 'directory')
      throw new EngineError('invalid-parameter', `cannot copy to directory: /${entry.path}`);
    if (known && known.type !== 'directory' && entry.type === 'directory')
      throw new EngineError('invalid-parameter', `cannot copy to non-directory: /${entry.path}`);
    this.#touchParents(entry.path);
    this.#passOn(entry.path);
    this.#entries.set(entry.path, entry);
    if (entry.type !== 'hardlink') return;
    const links = this.#links.get(entry.linkName!) ?? new Set();
    this.#links.set(entry.linkName!, links.add(entry.path));
  }

  /** What goes from a name lives on under its other names. */
  #passOn(path: string): void {
    const file = this.#entries.get(path);
    if (file?.type === 'hardlink') this.#links.get(file.linkName!)?.delete(path);
    const [heir, ...others] = this.#links.get(path) ?? [];
    this.#links.delete(path);
    if (!file || heir === undefined) return;
    this.#entries.set(heir, { ...file, path: heir });
    for (const other of others) this.#entries.set(other, { ...this.#entries.get(other)!, linkName: heir });
    this.#links.set(heir, new Set(others));
  }

  /** Takes a file of this draft away, so that a directory can come in its place. */
  displace(path: string): void {
    if (this.#entries.get(path)?.type === 'directory') return;
    this.#passOn(path);
    this.#entries.delete(path);
  }

  /** A directory in which something was made is copied up, with a new time. */
  #touchParents(path: string): void {
    const { directory } = splitPath(path);
    if (directory === '' || this.#entries.has(directory)) return;
    const below = this.#below.get(directory);
    if (!below) return;
    this.#touchParents(directory);
    const { xattrs, ...rest } = below;
    const kept = Object.entries(xattrs ?? {}).filter(([name]) => !name.startsWith('trusted.overlay.'));
    this.#entries.set(directory, { ...rest, mtime: this.#nowSeconds, ...(kept.length > 0 && { xattrs: Object.fromEntries(kept) }) });
  }
}

/** Of a file's names, the one that comes first has its content and the others are linked to it. */
function firstNamesFirst(entries: LayerEntry[]): LayerEntry[] {
  if (!entries.some(({ type }) => type === 'hardlink')) return entries;
  const files = new Map(entries.map((entry) => [entry.path, entry]));
  /** By the name that had the content. */
  const first = new Map<string, string>();
  const linked = new Set(entries.flatMap(({ type, linkName }) => (type === 'hardlink' ? [linkName!] : [])));
  return entries.map((entry) => {
    const { path, mode, uid, gid, mtime } = entry;
    const name = entry.type === 'hardlink' ? entry.linkName! : path;
    if (entry.type !== 'hardlink' && !linked.has(path)) return entry;
    const known = first.get(name);
    if (known !== undefined) return { path, type: 'hardlink', mode, uid, gid, mtime, linkName: known };
    first.set(name, path);
    const file = files.get(name);
    return file ? { ...file, path } : entry;
  });
}
