/**
 * What a container has written over its image: under overlay2 the runtime has it as a layer of its own, under vfs the
 * container's tree is compared with the image's.
 */
import { LayerIndexes, type RootFiles } from '../image/root-files.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { changedBytes, treeChanges } from '../image/tree-changes.ts';
import { vfsDirectory } from '../storage-driver.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { initDiffId } from './init-layer.ts';

/** In overlay's terms, as Runtime.writableEntries. */
export async function writtenEntries(containers: Containers, container: Container): Promise<LayerEntry[]> {
  const { runtime, images, storage } = containers.ports;
  if (images.ports.driver === 'overlay2') return runtime.writableEntries(container.id);
  return treeChanges(lowerFiles(containers, container), storage.tree(vfsDirectory(container.layerName)) ?? []);
}

export async function writtenBytes(containers: Containers, container: Container): Promise<number> {
  const { runtime, images } = containers.ports;
  if (images.ports.driver === 'overlay2') return runtime.writableSizeBytes(container.id);
  return changedBytes(await writtenEntries(containers, container));
}

/** The layers that a container stands on, with the places for its mounts. */
export function lowerFiles(containers: Containers, { topLayer }: Pick<Container, 'topLayer'>): RootFiles {
  const { images, layerTrees } = containers.ports;
  const chain = images.layers.chain(topLayer) ?? [];
  return new LayerIndexes(layerTrees).root([...chain.map(({ diffId }) => diffId), initDiffId]);
}

/**
 * Under vfs, gives a new container its copy of the image's files.
 *
 * @throws EngineError when there is no room for it; nothing of it stays then
 */
export function copyImage(containers: Containers, container: Container): void {
  const { images, storage } = containers.ports;
  if (images.ports.driver !== 'vfs') return;
  const files = lowerFiles(containers, container);
  for (const name of [`${container.layerName}-init`, container.layerName])
    storage.putTree(vfsDirectory(name), files.resolve('').entry!, files.walk(''), { share: true });
}

/** Takes the copy away. */
export function removeCopy(containers: Containers, { layerName }: Pick<Container, 'layerName'>): void {
  const { images, storage } = containers.ports;
  if (images.ports.driver === 'vfs') for (const name of [layerName, `${layerName}-init`]) storage.remove(vfsDirectory(name));
}
