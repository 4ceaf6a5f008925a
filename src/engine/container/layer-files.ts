/**
 * Reads small files of an image (passwd, group) from its unpacked layers, topmost first. What a container has
 * written over them since is not seen: that is in the guest.
 */
import type { LayerTrees } from '../image/layer-trees.ts';
import type { UserFiles } from './spec/users.ts';

const paths = ['etc/passwd', 'etc/group'];

export class LayerFiles {
  readonly #trees: LayerTrees;
  /** By diffID; null stands for a file that the layer deletes. */
  readonly #cache = new Map<string, Map<string, string | null>>();

  constructor(trees: LayerTrees) {
    this.#trees = trees;
  }

  /** @param diffIds topmost first */
  userFiles(diffIds: readonly string[]): UserFiles {
    const find = (path: string): string | undefined => {
      for (const diffId of diffIds) {
        const text = this.#filesOf(diffId).get(path);
        if (text !== undefined) return text ?? undefined;
      }
      return undefined;
    };
    return { passwd: find('etc/passwd'), group: find('etc/group') };
  }

  #filesOf(diffId: string): Map<string, string | null> {
    const cached = this.#cache.get(diffId);
    if (cached) return cached;
    const files = new Map<string, string | null>();
    for (const entry of this.#trees.entries(diffId) ?? []) {
      if (!paths.includes(entry.path)) continue;
      if (entry.type === 'file') files.set(entry.path, new TextDecoder().decode(entry.content));
      else if (entry.type === 'character') files.set(entry.path, null);
    }
    this.#cache.set(diffId, files);
    return files;
  }
}
