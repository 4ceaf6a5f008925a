/**
 * What an image has where a new volume is mounted: it is copied into the volume while that is empty, with owners and
 * permissions, unless the mount says `nocopy`.
 * Source: moby daemon/create_unix.go, populateVolumes; container/container_unix.go, copyExistingContents.
 */
import type { Image } from '../image/image-store.ts';
import { LayerIndexes } from '../image/root-files.ts';
import type { Containers } from './containers.ts';
import type { Mount } from './mount.ts';

export function fillVolumes(containers: Containers, image: Image | undefined, mounts: readonly Mount[]): void {
  const { storage, layerTrees } = containers.ports;
  const empty = mounts.filter(
    ({ type, name, spec }) => type === 'volume' && !spec.VolumeOptions?.NoCopy && storage.list(contentOf(name)).length === 0,
  );
  if (!image || empty.length === 0) return;
  const files = new LayerIndexes(layerTrees).root(image.config.rootfs.diff_ids);
  for (const { name, destination } of empty) {
    const { path, entry } = files.resolve(destination);
    if (entry?.type !== 'directory') continue;
    storage.putTree(contentOf(name), entry, files.walkBelow(path));
  }
}

function contentOf(volume: string): string {
  return `volumes/${volume}/_data`;
}
