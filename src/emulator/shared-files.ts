/** The two trees that the guest mounts, and the servers that answer for them. */
import { LayerForest } from './p9/layer-forest.ts';
import { MemoryFs } from './p9/memory-fs.ts';
import { makeDirectories } from './p9/paths.ts';
import { restoreTree, saveTree } from './p9/saved-tree.ts';
import { P9Server } from './p9/server.ts';
import { Transfers } from './guest/transfers.ts';
import type { MachineImage } from './state/machine-image.ts';

/** What `/var/lib/docker` (without layers and writable layers) and `/root` of all nodes may hold together. */
const SHARE_BYTES = 256 * 1024 * 1024;
const SHARE_INODES = 200_000;

export class SharedFiles {
  readonly layers = new LayerForest();
  readonly share = new MemoryFs({
    limitBytes: SHARE_BYTES,
    limitInodes: SHARE_INODES,
    nowNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)),
  });
  readonly transfers = new Transfers(this.share);
  readonly #layersServer = new P9Server(this.layers);
  readonly #shareServer = new P9Server(this.share);

  answerLayers = (request: Uint8Array): Uint8Array => this.#layersServer.handle(request);
  answerShare = (request: Uint8Array): Uint8Array => this.#shareServer.handle(request);

  get openFids(): number {
    return this.#layersServer.fids.count + this.#shareServer.fids.count;
  }

  /** The directories that a new node mounts. */
  prepareNode(name: string): void {
    for (const directory of ['docker', 'home'])
      makeDirectories(this.share, this.share.root, `${name}/${directory}`, directory === 'home' ? 0o700 : 0o710);
  }

  save(): Pick<MachineImage, 'layers' | 'share'> {
    return {
      layers: { tree: saveTree(this.layers), server: this.#layersServer.save() },
      share: { tree: saveTree(this.share), server: this.#shareServer.save() },
    };
  }

  restore({ layers, share }: Pick<MachineImage, 'layers' | 'share'>): void {
    restoreTree(this.layers, layers.tree);
    this.#layersServer.restore(layers.server);
    restoreTree(this.share, share.tree);
    this.#shareServer.restore(share.server);
  }

  describe(): string {
    const of = (name: string, server: P9Server): string => `${name}: ${server.fids.count} fids, ${server.requestCount} requests`;
    return [of('layers', this.#layersServer), of('share', this.#shareServer)].join('\n');
  }
}
