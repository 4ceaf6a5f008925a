/**
 * Makes a layer of entries: what a container has written, what an instruction copies. Nothing is made of nothing.
 */
import { EngineError } from '../errors.ts';
import { isWhiteout, packTar } from '../oci/tar-writer.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';
import type { LayerEntry } from './layer-trees.ts';
import { splitPath } from './root-files.ts';

/**
 * @param entries parents before children
 * @param parent chainID of the layer below
 * @returns held once, for the caller to release; undefined when there are no entries but the root's
 * @throws EngineError `invalid-parameter` for names that a layer's archive cannot have
 */
export async function addLayer(images: Images, entries: readonly LayerEntry[], parent: string | undefined): Promise<Layer | undefined> {
  if (entries.every(({ path }) => path === '')) return undefined;
  const unfit = entries.find((entry) => !isWhiteout(entry) && splitPath(entry.path).name.startsWith('.wh.'));
  if (unfit)
    throw new EngineError(
      'invalid-parameter',
      `cannot keep /${unfit.path} in a layer: a name that begins with ".wh." stands for a deletion`,
    );
  return images.addLayer(packTar(entries.map(withOwnContent)), parent);
}

/** The layer shares its files' contents with whoever has them, but nothing larger that they lie in. */
function withOwnContent(entry: LayerEntry): LayerEntry {
  const { content } = entry;
  return content && content.length < content.buffer.byteLength ? { ...entry, content: content.slice() } : entry;
}

/** A layer of nothing, as BuildKit makes for a step that changed nothing; held as the others. */
export function emptyLayer(images: Images, parent: string | undefined): Promise<Layer> {
  return images.addLayer(packTar([]), parent);
}
