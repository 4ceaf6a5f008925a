/**
 * `docker diff`: what a container has changed over its image.
 * Source: moby pkg/archive/changes.go, OverlayChanges.
 */
import type { ContainerChange } from '../api/types/container.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { splitPath, type RootFiles } from '../image/root-files.ts';
import { isWhiteout } from '../oci/tar-writer.ts';
import type { Containers } from './containers.ts';
import { lowerFiles, writtenEntries } from './written.ts';

const kinds = { modified: 0, added: 1, deleted: 2 } as const;

/** Sorted by path. */
export async function containerChanges(containers: Containers, name: string): Promise<ContainerChange[]> {
  const container = containers.resolve(name);
  const written = await writtenEntries(containers, container);
  return changesOver(lowerFiles(containers, container), written);
}

/** @param written parents before children */
export function changesOver(lower: RootFiles, written: readonly LayerEntry[]): ContainerChange[] {
  const kindOf = new Map<string, ContainerChange['Kind']>();
  for (const entry of written) {
    if (entry.path === '') continue;
    const before = lower.get(entry.path);
    if (isWhiteout(entry)) kindOf.set(entry.path, kinds.deleted);
    else if (!before) kindOf.set(entry.path, kinds.added);
    // A directory is here already when something below it was changed.
    else if (before.type === 'directory' && entry.type === 'directory' && before.mode === entry.mode && before.mtime === entry.mtime)
      continue;
    else kindOf.set(entry.path, kinds.modified);
    const { directory } = splitPath(entry.path);
    if (directory !== '' && !kindOf.has(directory)) kindOf.set(directory, kinds.modified);
  }
  return [...kindOf].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, Kind]) => ({ Path: `/${path}`, Kind }));
}
