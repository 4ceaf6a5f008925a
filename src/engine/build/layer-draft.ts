/**
 * A layer in the making: files put over those of a root, with the directories that they need. What it gives in the end
 * is what overlayfs would have in its upper directory.
 */
import { EngineError } from '../errors.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { joinPath, splitPath, type ResolvedPath, type RootFiles } from '../image/root-files.ts';

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
  readonly #nowSeconds: number;

  constructor(below: RootFiles, nowMs: number) {
    this.#below = below;
    this.#nowSeconds = Math.floor(nowMs / 1000);
  }

  /** Parents before children. */
  entries(): LayerEntry[] {
    const key = (path: string): string => path.replaceAll('/', '\0');
    return [...this.#entries.values()].sort((a, b) => (key(a.path) < key(b.path) ? -1 : 1));
  }

  get(path: string): LayerEntry | undefined {
    return this.#entries.get(path) ?? this.#below.get(path);
  }

  /** As `RootFiles.resolve`, over what was put here too. */
  resolve(path: string): ResolvedPath {
    const waiting = path.split('/').reverse();
    let at = '';
    for (let links = 0; waiting.length > 0;) {
      const part = waiting.pop()!;
      if (part === '' || part === '.') continue;
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
        waiting.push(...target.split('/').reverse());
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
    this.#entries.set(entry.path, entry);
  }

  /** Takes what is at a path away, so that something of another kind can come there. */
  displace(path: string): void {
    for (const known of [...this.#entries.keys()]) if (known === path || known.startsWith(`${path}/`)) this.#entries.delete(known);
    if (this.#below.get(path)?.type !== 'directory') return;
    throw new EngineError('invalid-parameter', `cannot replace directory /${path}`);
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
