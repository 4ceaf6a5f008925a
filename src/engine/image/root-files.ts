/**
 * The files that a chain of layers shows when they are mounted on each other: looks up paths, follows symlinks inside of
 * the root, walks directories. Reads layers only; what a running container has written is a layer on top.
 * Source: kernel overlayfs.rst.
 */
import { EngineError } from '../errors.ts';
import { isWhiteout } from '../oci/tar-writer.ts';
import type { LayerEntry, LayerTrees } from './layer-trees.ts';

const opaqueAttribute = 'trusted.overlay.opaque';
/** As the kernel's. */
const maxLinks = 40;

/** One layer's entries by path, and names by directory. */
export class LayerIndex {
  readonly entries = new Map<string, LayerEntry>();
  readonly #names = new Map<string, string[]>();

  constructor(entries: Iterable<LayerEntry>) {
    for (const entry of entries) {
      if (!this.entries.has(entry.path) && entry.path !== '') {
        const { directory, name } = splitPath(entry.path);
        const names = this.#names.get(directory);
        if (names) names.push(name);
        else this.#names.set(directory, [name]);
      }
      this.entries.set(entry.path, entry);
    }
  }

  names(directory: string): readonly string[] {
    return this.#names.get(directory) ?? [];
  }

  /** Whether nothing of the layers below shows at a path that this layer does not have. */
  hides(path: string): boolean {
    for (let at = path; at !== '';) {
      at = splitPath(at).directory;
      const entry = this.entries.get(at);
      if (entry && (entry.type !== 'directory' || entry.xattrs?.[opaqueAttribute])) return true;
    }
    return false;
  }
}

/** Indexes of layers, the last used kept. */
export class LayerIndexes {
  readonly #trees: LayerTrees;
  readonly #indexes = new Map<string, LayerIndex>();

  constructor(trees: LayerTrees) {
    this.#trees = trees;
  }

  of(diffId: string): LayerIndex {
    const index = this.#indexes.get(diffId) ?? new LayerIndex(this.#trees.entries(diffId) ?? []);
    this.#indexes.delete(diffId);
    this.#indexes.set(diffId, index);
    if (this.#indexes.size > 64) this.#indexes.delete(this.#indexes.keys().next().value!);
    return index;
  }

  /** @param diffIds bottom first */
  root(diffIds: readonly string[]): RootFiles {
    return new RootFiles(diffIds.map((diffId) => this.of(diffId)));
  }
}

export interface ResolvedPath {
  /** Without symlinks in its parents; '' is the root. */
  path: string;
  /** Undefined when nothing is there. */
  entry: LayerEntry | undefined;
}

const rootEntry: LayerEntry = { path: '', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0 };

export class RootFiles {
  /** Top first. */
  readonly #layers: readonly LayerIndex[];

  /** @param layers bottom first */
  constructor(layers: readonly LayerIndex[]) {
    this.#layers = layers.toReversed();
  }

  /** The same with a layer on top. */
  with(top: LayerIndex): RootFiles {
    return new RootFiles([...this.#layers.toReversed(), top]);
  }

  /** What is at a path whose parents are no symlinks. A hardlink is the file that it stands for. */
  get(path: string): LayerEntry | undefined {
    return this.#find(path)?.entry;
  }

  /** Names in a directory, sorted by code unit. */
  list(path: string): string[] {
    const names = new Set<string>();
    for (const layer of this.#layers) {
      for (const name of layer.names(path)) names.add(name);
      const entry = layer.entries.get(path);
      if (entry ? entry.type !== 'directory' || entry.xattrs?.[opaqueAttribute] : layer.hides(path)) break;
    }
    return [...names].filter((name) => this.get(joinPath(path, name))).sort();
  }

  /**
   * Where a path leads, symlinks followed as inside of the root. Missing parts are taken as they are written.
   *
   * @param last whether a symlink at the very end is followed too
   * @throws EngineError `invalid-parameter` for a loop and for a path below a file
   */
  resolve(path: string, last = true): ResolvedPath {
    const waiting = partsOf(path).reverse();
    let at = '';
    let links = 0;
    while (waiting.length > 0) {
      const part = waiting.pop()!;
      if (part === '..') {
        at = splitPath(at).directory;
        continue;
      }
      const next = joinPath(at, part);
      const entry = this.get(next);
      const isLast = waiting.length === 0;
      if (entry?.type === 'symlink' && (last || !isLast)) {
        if (++links > maxLinks) throw new EngineError('invalid-parameter', `${path}: too many levels of symbolic links`);
        const target = entry.linkName ?? '';
        if (target.startsWith('/')) at = '';
        waiting.push(...partsOf(target).reverse());
        continue;
      }
      if (entry && entry.type !== 'directory' && !isLast) throw new EngineError('invalid-parameter', `${path}: not a directory`);
      at = next;
    }
    return { path: at, entry: at === '' ? (this.get('') ?? rootEntry) : this.get(at) };
  }

  /**
   * Everything below a directory, itself left out, parents first, names sorted. The second and further names of a file
   * come as hardlinks to the first.
   */
  *walk(path: string): Generator<LayerEntry> {
    yield* this.#walk(path, new Map());
  }

  /** The same with paths that begin below the directory. */
  *walkBelow(path: string): Generator<LayerEntry> {
    const start = path === '' ? 0 : path.length + 1;
    for (const entry of this.walk(path))
      yield { ...entry, path: entry.path.slice(start), ...(entry.type === 'hardlink' && { linkName: entry.linkName!.slice(start) }) };
  }

  *#walk(path: string, first: Map<LayerEntry, string>): Generator<LayerEntry> {
    for (const name of this.list(path)) {
      const below = joinPath(path, name);
      const { entry, file } = this.#find(below)!;
      const known = file && first.get(file);
      if (known !== undefined) {
        yield { path: below, type: 'hardlink', mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, linkName: known };
        continue;
      }
      if (file) first.set(file, below);
      yield entry;
      if (entry.type === 'directory') yield* this.#walk(below, first);
    }
  }

  /** @returns the entry, and for files the layer's own entry that stands for the inode */
  #find(path: string): { entry: LayerEntry; file?: LayerEntry } | undefined {
    for (const layer of this.#layers) {
      const entry = layer.entries.get(path);
      if (entry) {
        if (isWhiteout(entry)) return undefined;
        if (entry.type === 'directory') return { entry: entry.xattrs ? withoutOverlay(entry) : entry };
        const target = entry.type === 'hardlink' ? layer.entries.get(entry.linkName ?? '') : entry;
        return target && { entry: target === entry ? entry : { ...target, path }, file: target };
      }
      if (layer.hides(path)) return undefined;
    }
    return undefined;
  }
}

/** What overlayfs notes for itself is not part of a file. */
function withoutOverlay({ xattrs = {}, ...entry }: LayerEntry): LayerEntry {
  const own = Object.entries(xattrs).filter(([name]) => !name.startsWith('trusted.overlay.'));
  return own.length > 0 ? { ...entry, xattrs: Object.fromEntries(own) } : entry;
}

/** The names in a path. */
export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

export function splitPath(path: string): { directory: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { directory: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}
