/**
 * What was changed in a copy of an image's files, found by comparing the two: in overlay's terms, as the writable layer of
 * a mount would have it.
 * Source: moby pkg/archive/changes.go, ChangesDirs, and changes_unix.go, statDifferent.
 */
import { isWhiteout } from '../oci/tar-writer.ts';
import type { LayerEntry } from './layer-trees.ts';
import { type RootFiles, splitPath } from './root-files.ts';

/**
 * @param tree parents before children, the root first; contents are passed on as they are
 * @returns parents before children, names sorted; the root first
 */
export function treeChanges(lower: RootFiles, tree: Iterable<LayerEntry>): LayerEntry[] {
  const now = new Map<string, LayerEntry>();
  for (const entry of tree) now.set(entry.path, entry);
  const changed = new Map<string, LayerEntry>();
  const add = (entry: LayerEntry): void => {
    for (let at = entry.path; at !== '';) {
      at = splitPath(at).directory;
      const parent = now.get(at);
      if (changed.has(at) || !parent) break;
      changed.set(at, parent);
    }
    changed.set(entry.path, entry);
  };
  const root = now.get('');
  if (root) changed.set('', root);
  for (const entry of now.values()) {
    const file = fileOf(now, entry);
    const before = lower.get(entry.path);
    if (entry.path !== '' && !(before && file && isSame(before, file))) add(entry);
  }
  for (const before of lower.walk('')) {
    const { path } = before;
    const parent = now.get(splitPath(path).directory);
    if (!now.has(path) && parent?.type === 'directory')
      add({ path, type: 'character', mode: 0, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 });
  }
  return sorted(changed.values()).map((entry) => linked(entry, changed, now));
}

/** Bytes in what was added and changed; a file with several names counts once. */
export function changedBytes(entries: Iterable<LayerEntry>): number {
  let size = 0;
  for (const { type, content, linkName } of entries)
    size += type === 'file' ? (content?.length ?? 0) : type === 'symlink' ? (linkName ?? '').length : 0;
  return size;
}

/** What a name stands for: of a hardlink, the file. */
function fileOf(tree: ReadonlyMap<string, LayerEntry>, entry: LayerEntry): LayerEntry | undefined {
  return entry.type === 'hardlink' ? tree.get(entry.linkName ?? '') : entry;
}

/** A further name of a file that was not changed itself, or comes later, is the file. */
function linked(entry: LayerEntry, changed: ReadonlyMap<string, LayerEntry>, now: ReadonlyMap<string, LayerEntry>): LayerEntry {
  if (entry.type !== 'hardlink') return entry;
  const first = changed.get(entry.linkName ?? '');
  if (first && orderOf(first) < orderOf(entry)) return entry;
  const file = fileOf(now, entry);
  return file ? { ...file, path: entry.path } : entry;
}

function isSame(before: LayerEntry, now: LayerEntry): boolean {
  if (before.type !== now.type || isWhiteout(now)) return false;
  if (before.uid !== now.uid || before.gid !== now.gid) return false;
  // A symlink has no permissions of its own; archives say of it what they like.
  if (before.type !== 'symlink' && before.mode !== now.mode) return false;
  if (before.type === 'directory') return true;
  if (Math.trunc(before.mtime) !== now.mtime || (before.linkName ?? '') !== (now.linkName ?? '')) return false;
  if ((before.major ?? 0) !== (now.major ?? 0) || (before.minor ?? 0) !== (now.minor ?? 0)) return false;
  return sameBytes(before.content, now.content) && sameBytes(capability(before), capability(now));
}

function capability({ xattrs }: LayerEntry): Uint8Array | undefined {
  return xattrs?.['security.capability'];
}

function sameBytes(a: Uint8Array = empty, b: Uint8Array = empty): boolean {
  return a === b || (a.length === b.length && a.every((byte, index) => byte === b[index]));
}

const empty = new Uint8Array(0);

/** Paths compare by their names: what is below a directory comes right behind it. */
function orderOf({ path }: LayerEntry): string {
  return path.replaceAll('/', '\0');
}

function sorted(entries: Iterable<LayerEntry>): LayerEntry[] {
  return [...entries]
    .map((entry) => ({ entry, order: orderOf(entry) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ entry }) => entry);
}
