/**
 * A build context: the files that a client sent along, as a root of their own.
 */
import type { Compression } from '../compression.ts';
import { EngineError } from '../errors.ts';
import { decompressLayer } from '../image/decompress.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { LayerIndex, RootFiles } from '../image/root-files.ts';
import { unpackTree } from '../oci/layer-entries.ts';

export class BuildContext {
  readonly files: RootFiles;
  /** Bytes of the archive that came. */
  readonly sizeBytes: number;
  readonly entries: readonly LayerEntry[];

  private constructor(entries: LayerEntry[], sizeBytes: number) {
    this.entries = entries;
    this.files = new RootFiles([new LayerIndex(entries)]);
    this.sizeBytes = sizeBytes;
  }

  /**
   * @param archive tar, plain or compressed; nothing of it is copied
   * @throws EngineError with the reason why it is no context
   */
  static async read(compression: Compression, archive: Uint8Array): Promise<BuildContext> {
    const tar = await decompressLayer(compression, archive);
    // Everything that comes from outside belongs to root, as in Docker.
    const entries = unpackTree(tar).entries.map((entry) => ({ ...entry, uid: 0, gid: 0 }));
    return new BuildContext(entries, archive.length);
  }

  /** @throws EngineError `invalid-parameter`: `failed to read dockerfile: open x: no such file or directory` */
  readText(path: string): string {
    const { entry } = this.files.resolve(path);
    if (!entry?.content) {
      const why = entry ? 'is a directory' : 'no such file or directory';
      throw new EngineError('invalid-parameter', `failed to read dockerfile: open ${path}: ${why}`);
    }
    return new TextDecoder().decode(entry.content);
  }
}
