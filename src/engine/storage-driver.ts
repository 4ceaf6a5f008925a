/**
 * The two storage drivers that keep images and containers: overlay2 mounts layers on each other, vfs copies them. Each has
 * its own database of images, so that what was made under one is not seen, and is still there, while the other is chosen.
 * Source: moby daemon/graphdriver.
 */
export type StorageDriver = 'overlay2' | 'vfs';

export const storageDrivers: readonly StorageDriver[] = ['overlay2', 'vfs'];

/** A driver's part of `/var/lib/docker`: images, layers, which directory is a container's. */
export function imageRoot(driver: StorageDriver): string {
  return `image/${driver}`;
}

/** Where vfs has a layer's or a container's whole tree, below `/var/lib/docker`. */
export function vfsDirectory(name: string): string {
  return `vfs/dir/${name}`;
}
