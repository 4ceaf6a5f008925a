// A directory on disk as the entries of a layer, and the difference of two such lists as a layer shows it.

import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerEntry } from './layer.ts';

/** Everything below a directory; the first name of a linked file is the file, the others are links to it. */
export function readTree(root: string): LayerEntry[] {
  const entries: LayerEntry[] = [];
  const firstName = new Map<number, string>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = lstatSync(join(root, path));
      const { mode, uid, gid, mtimeMs, nlink, ino } = stat;
      const common = { path, mode: mode & 0o7777, uid, gid, mtime: Math.floor(mtimeMs / 1000) };
      if (stat.isDirectory()) {
        entries.push({ ...common, type: 'directory' });
        visit(path);
      } else if (stat.isSymbolicLink()) entries.push({ ...common, type: 'symlink', target: readlinkSync(join(root, path)) });
      else if (!stat.isFile()) throw new Error(`${path}: neither file, directory nor link`);
      else if (firstName.has(ino)) entries.push({ ...common, type: 'hardlink', target: firstName.get(ino)! });
      else {
        if (nlink > 1) firstName.set(ino, path);
        entries.push({ ...common, type: 'file', bytes: readFileSync(join(root, path)) });
      }
    }
  };
  visit('');
  return entries;
}

/**
 * What a layer on top of `before` must hold to give `after`: new and changed entries, deletions as whiteouts, and the
 * directories on the way to them. A file that was written again as it was does not count.
 */
export function treeChanges(before: LayerEntry[], after: LayerEntry[]): LayerEntry[] {
  const old = new Map(before.map((entry) => [entry.path, entry]));
  const now = new Map(after.map((entry) => [entry.path, entry]));
  const changed = new Map<string, LayerEntry>();
  for (const entry of after) {
    const previous = old.get(entry.path);
    if (!previous || !isSame(previous, entry)) changed.set(entry.path, entry);
  }
  for (const { path } of before) {
    const parent = parentOf(path);
    // What went with its directory needs no whiteout of its own.
    if (now.has(path) || (parent !== '' && now.get(parent)?.type !== 'directory')) continue;
    const whiteout = `${parent === '' ? '' : `${parent}/`}.wh.${path.slice(path.lastIndexOf('/') + 1)}`;
    changed.set(whiteout, { path: whiteout, mode: 0, type: 'file' });
  }
  // Hard links stay together: a layer cannot link to a file of the one below.
  for (const entry of after) {
    if (entry.type === 'hardlink' && changed.has(entry.path)) changed.set(entry.target!, now.get(entry.target!)!);
  }
  for (const path of [...changed.keys()]) {
    for (let folder = parentOf(path); folder !== '' && !changed.has(folder); folder = parentOf(folder))
      changed.set(folder, now.get(folder)!);
  }
  return [...changed.values()];
}

function isSame(a: LayerEntry, b: LayerEntry): boolean {
  if (a.type !== b.type || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.target !== b.target) return false;
  return a.type !== 'file' || Buffer.from(a.bytes!).equals(b.bytes!);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Folder of the recipe as entries to copy; nothing when there is none. */
export function treeIfThere(root: string): LayerEntry[] {
  return existsSync(root) ? readTree(root) : [];
}
