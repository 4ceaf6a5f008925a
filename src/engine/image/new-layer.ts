/**
 * Makes a layer of entries: what a container has written, what an instruction copies. Nothing is made of nothing.
 */
import { concatBytes } from '../bytes.ts';
import { packTar } from '../oci/tar-writer.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';
import type { LayerEntry } from './layer-trees.ts';

/**
 * @param entries parents before children
 * @param parent chainID of the layer below
 * @returns undefined when there are no entries but the root's
 */
export async function addLayer(images: Images, entries: readonly LayerEntry[], parent: string | undefined): Promise<Layer | undefined> {
  if (entries.every(({ path }) => path === '')) return undefined;
  return images.layers.register(concatBytes(packTar(entries)), parent);
}

/** A layer of nothing, as BuildKit makes for a step that changed nothing. */
export function emptyLayer(images: Images, parent: string | undefined): Promise<Layer> {
  return images.layers.register(concatBytes(packTar([])), parent);
}
