/**
 * Where a subpath of an image leads. Its links are followed as the node would, so that an absolute one leads out of the image.
 * Source: moby internal/safepath, v28.2.2.
 */
import { joinPath, partsOf, type RootFiles, splitPath } from '../image/root-files.ts';

/** As Go's EvalSymlinks. */
const maxLinks = 255;

/** @returns the path without links, relative to the image's root; '' is the root itself */
export function subpathInImage(files: RootFiles, subpath: string): { path: string } | 'missing' | 'escapes' {
  const waiting = partsOf(subpath).reverse();
  let at = '';
  let links = 0;
  while (waiting.length > 0) {
    const part = waiting.pop()!;
    if (part === '..') {
      if (at === '') return 'escapes';
      at = splitPath(at).directory;
      continue;
    }
    const next = joinPath(at, part);
    const entry = files.get(next);
    if (!entry) return 'missing';
    if (entry.type === 'symlink') {
      const target = entry.linkName ?? '';
      if (target.startsWith('/')) return 'escapes';
      if (++links > maxLinks) return 'missing';
      waiting.push(...partsOf(target).reverse());
      continue;
    }
    at = next;
  }
  return { path: at };
}
