/**
 * Archives that ADD unpacks: recognised by what is in them, never by their name.
 * Source: moby pkg/archive, IsArchivePath and DetectCompression.
 */
import { UnpackedTooLarge, type Compression } from '../compression.ts';
import { EngineError } from '../errors.ts';
import { decompressLayer } from '../image/decompress.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { unpackTree } from '../oci/layer-entries.ts';
import { readTar } from '../oci/tar.ts';

/** The entries of a tar, plain or compressed; undefined when the file is none. */
export async function archiveEntries(compression: Compression, file: Uint8Array): Promise<LayerEntry[] | undefined> {
  let tar: Uint8Array;
  try {
    tar = await decompressLayer(compression, file);
    if (readTar(tar).next().done) return undefined;
  } catch (error) {
    // No archive, but for one that is too large to know.
    if (error instanceof EngineError && !(error instanceof UnpackedTooLarge)) return undefined;
    throw error;
  }
  // From here on it is an archive, and has to be a sound one.
  return unpackTree(tar).entries;
}
