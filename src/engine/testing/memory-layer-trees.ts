/** Layer trees in a map, for tests. */
import { assert } from '../assert.ts';
import type { LayerEntry, LayerTrees } from '../image/layer-trees.ts';

export class MemoryLayerTrees implements LayerTrees {
  readonly #trees = new Map<string, LayerEntry[]>();

  has(diffId: string): boolean {
    return this.#trees.has(diffId);
  }

  put(diffId: string, entries: Iterable<LayerEntry>): void {
    const tree = [...entries];
    const known = new Set(['']);
    for (const { path, type, linkName } of tree) {
      assert(known.has(path.split('/').slice(0, -1).join('/')), `parent before child: ${path}`);
      assert(type !== 'hardlink' || known.has(linkName!), `target before hardlink: ${path}`);
      known.add(path);
    }
    this.#trees.set(diffId, tree);
  }

  entries(diffId: string): Iterable<LayerEntry> | undefined {
    return this.#trees.get(diffId);
  }

  remove(diffId: string): void {
    this.#trees.delete(diffId);
  }

  get size(): number {
    return this.#trees.size;
  }
}
