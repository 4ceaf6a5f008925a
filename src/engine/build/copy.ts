/**
 * COPY and ADD: which entries a layer gets from which sources. Works on values only; where files come from and what
 * becomes of the layer is for others.
 * Source: BuildKit solver/llbsolver/file, tonistiigi/fsutil copy; Dockerfile reference.
 */
import { EngineError } from '../errors.ts';
import { pathMatch } from '../glob.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { joinPath, splitPath, type RootFiles } from '../image/root-files.ts';
import { applyChmod } from './chmod.ts';
import { type LayerDraft, type Owner, rootOwner } from './layer-draft.ts';

/** What is to be copied, found and named before it is copied. */
export interface FoundSource {
  /** As it is called where it comes from; names what is copied into a directory. */
  name: string;
  /** A file's entry, or a directory's. */
  entry: LayerEntry;
  /** Of a directory: everything below, `path` relative to it. */
  below: LayerEntry[];
  /** An archive: its entries go where the file would have gone. */
  unpacked?: LayerEntry[];
  /** Of `--parents`: directories to make below the destination. */
  parents?: LayerEntry[];
}

export interface Copy {
  sources: FoundSource[];
  /** Absolute; a slash at the end says that it is a directory. */
  dest: string;
  owner: Owner | undefined;
  chmod: number | string | undefined;
  /** Of an archive, owners and permissions are its own whatever is asked for. */
  unpackedAsTheyAre?: boolean;
}

/** @throws EngineError when something is in the way */
export function copyInto(draft: LayerDraft, { sources, dest, owner, chmod, unpackedAsTheyAre = false }: Copy): void {
  const adapt = (entry: LayerEntry, path: string): LayerEntry => ({
    ...entry,
    path,
    ...owner,
    ...(chmod !== undefined && entry.type !== 'symlink' && { mode: applyChmod(chmod, entry.mode, entry.type === 'directory') }),
  });
  const makers = owner ?? rootOwner;
  for (const source of sources) {
    const isContents = source.entry.type === 'directory' || source.unpacked !== undefined;
    const place = draft.resolve(dest);
    const intoDirectory = isContents || dest.endsWith('/') || place.entry?.type === 'directory' || source.parents !== undefined;
    if (isContents) {
      if (place.entry && place.entry.type !== 'directory') throw cannot(place.path);
      let base = place.path;
      if (source.parents) base = makeParents(draft, base, source.parents, adapt);
      draft.makeDirectory(base, makers);
      const entries = source.unpacked ?? source.below;
      // An archive says itself whose its files are.
      const asIs = source.unpacked !== undefined && (unpackedAsTheyAre || (!owner && chmod === undefined));
      for (const entry of entries) putBelow(draft, base, entry, asIs ? (one, path) => ({ ...one, path }) : adapt);
      continue;
    }
    if (intoDirectory && place.entry && place.entry.type !== 'directory') throw cannot(place.path);
    const directory = intoDirectory ? place.path : splitPath(place.path).directory;
    draft.makeDirectory(directory, makers);
    const parent = source.parents ? makeParents(draft, directory, source.parents, adapt) : directory;
    const path = intoDirectory ? joinPath(parent, nameOf(source.name)) : place.path;
    draft.put(adapt(source.entry, path));
  }
}

/** What a file is called in a directory. */
function nameOf(path: string): string {
  const { name } = splitPath(path);
  if (['', '.', '..'].includes(name)) throw new EngineError('invalid-parameter', `${JSON.stringify(path)} is no name for a file`);
  return name;
}

function cannot(path: string): EngineError {
  return new EngineError('invalid-parameter', `cannot copy to non-directory: /${path}`);
}

function makeParents(
  draft: LayerDraft,
  base: string,
  parents: LayerEntry[],
  adapt: (entry: LayerEntry, path: string) => LayerEntry,
): string {
  let at = base;
  for (const parent of parents) {
    at = joinPath(at, splitPath(parent.path).name);
    if (draft.get(at)?.type !== 'directory') draft.put(adapt(parent, at));
  }
  return at;
}

/** Puts an entry of a tree below a directory; its own parents come before it. */
function putBelow(draft: LayerDraft, base: string, entry: LayerEntry, adapt: (entry: LayerEntry, path: string) => LayerEntry): void {
  if (entry.path === '') return;
  const path = joinPath(base, entry.path);
  const known = draft.get(path);
  if (known?.type === 'directory' && entry.type === 'directory') draft.put(adapt(entry, path));
  else {
    if (known?.type !== 'directory' && entry.type === 'directory' && known) draft.displace(path);
    const moved = adapt(entry, path);
    draft.put(entry.type === 'hardlink' ? { ...moved, linkName: joinPath(base, entry.linkName ?? '') } : moved);
  }
}

/**
 * Finds what a source path means: one file or directory, or all that match a pattern.
 *
 * @param path absolute, as in the Dockerfile
 * @returns empty for a pattern that nothing matches
 * @throws EngineError `not-found` for a path without a pattern: `"/x": not found`
 */
export function findSources(root: RootFiles, path: string): FoundSource[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const first = parts.findIndex((part) => /[*?[\\]/.test(part));
  if (first < 0) return [foundAt(root, parts.join('/'), path)];
  const { path: top, entry } = root.resolve(parts.slice(0, first).join('/'));
  if (!entry) return [];
  const pattern = parts.slice(first).join('/');
  const depth = parts.length - first;
  return matches(root, top, '', depth)
    .filter((relative) => pathMatch(pattern, relative))
    .map((relative) => foundAt(root, joinPath(top, relative), `/${joinPath(top, relative)}`));
}

/** Paths this many levels below a directory, relative to it. */
function matches(root: RootFiles, top: string, relative: string, depth: number): string[] {
  const names = root.list(relative === '' ? top : joinPath(top, relative));
  const paths = names.map((name) => joinPath(relative, name));
  if (depth === 1) return paths;
  return paths.flatMap((path) => (root.get(joinPath(top, path))?.type === 'directory' ? matches(root, top, path, depth - 1) : []));
}

function foundAt(root: RootFiles, path: string, shown: string): FoundSource {
  const resolved = root.resolve(path);
  if (!resolved.entry) throw new EngineError('not-found', `"${shown.startsWith('/') ? shown : `/${shown}`}": not found`);
  const { entry } = resolved;
  const below = entry.type === 'directory' ? [...root.walkBelow(resolved.path)] : [];
  return { name: path, entry, below };
}

/** The entries of sources as the cache counts them, under the names that they get. */
export function entriesOf(sources: readonly FoundSource[]): LayerEntry[] {
  return sources.flatMap(({ name, entry, below, unpacked, parents = [] }, at) => {
    const base = `${at}:${entry.type === 'directory' ? '' : splitPath(name).name}`;
    return [
      { ...entry, path: base },
      ...parents.map((parent) => ({ ...parent, path: `${base}^${parent.path}` })),
      ...[...below, ...(unpacked ?? [])].map((inside) => ({ ...inside, path: `${base}/${inside.path}` })),
    ];
  });
}
