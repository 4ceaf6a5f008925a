/** A container's root: the image's layers, the places for its mounts, its own writable layer; and what is mounted into it. */
import type { ContainerFiles, Rootfs } from '../runtime/runtime.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { imageTrees } from './ready-mounts.ts';
import { initDiffId } from './init-layer.ts';

export function rootfsOf(containers: Containers, { id, topLayer, layerName }: Container): Rootfs {
  const layers = containers.ports.images.layers.chain(topLayer) ?? [];
  const lower = [...layers].reverse().map(({ diffId, cacheId }) => ({ diffId, cacheId }));
  // A step of a build is no container of the engine: it stands on mounted layers whatever the driver.
  const isCopy = containers.ports.images.ports.driver === 'vfs' && containers.get(id) !== undefined;
  return {
    ...(isCopy && { driver: 'vfs' as const }),
    lower: [{ diffId: initDiffId, cacheId: `${layerName}-init` }, ...lower],
    name: layerName,
  };
}

/** Directories of the node that bind mounts need and that are made when they are missing. */
export function missingSources({ mounts }: Container): string[] {
  return mounts.filter((mount) => mount.type === 'bind' && !mount.sourceMustExist).map((mount) => mount.source);
}

/**
 * The container's files with volumes and bind mounts, but no tmpfs: what is in one is seen by its processes only, as in Docker.
 *
 * @param sources where mounts with a subpath lead, by destination
 */
export function filesOf(containers: Containers, container: Container, sources: ReadonlyMap<string, string> = new Map()): ContainerFiles {
  const { hostConfig, paths } = container;
  const asked = container.mounts
    .filter(({ type }) => type !== 'tmpfs')
    .map(({ source, destination, writable }) => ({ source: sources.get(destination) ?? source, destination, readOnly: !writable }));
  const own = [
    { source: paths.resolvConf, destination: '/etc/resolv.conf' },
    { source: paths.hostname, destination: '/etc/hostname' },
    { source: paths.hosts, destination: '/etc/hosts' },
  ]
    .filter(({ source, destination }) => source !== '' && !asked.some((mount) => mount.destination === destination))
    .map((mount) => ({ ...mount, readOnly: hostConfig.ReadonlyRootfs }));
  const depth = (path: string): number => path.split('/').length;
  return {
    containerId: container.id,
    rootfs: rootfsOf(containers, container),
    mounts: [...asked, ...own].sort((a, b) => depth(a.destination) - depth(b.destination)),
    trees: imageTrees(containers, container),
    directories: missingSources(container),
  };
}
