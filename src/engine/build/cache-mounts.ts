/**
 * Directories of `RUN --mount=type=cache`: which one a step gets, and who may have it at the same time.
 * Source: Dockerfile reference, RUN --mount=type=cache; BuildKit solver/llbsolver/mounts/mount.go, getRefCacheDir.
 */
import type { Cancellation } from '../cancellation.ts';
import type { FileAttributes, LayerEntry } from '../image/layer-trees.ts';
import type { BuildCache } from './build-cache.ts';
import type { MountSharing } from './dockerfile/instructions/run-mount.ts';

/** What a new cache directory begins with. */
export interface CacheSeed {
  /** Stands for it: caches of the same id that began otherwise are others. Empty for an empty directory of root. */
  key: string;
  top: FileAttributes;
  /** Parents before children, paths below the directory. */
  entries: () => Iterable<LayerEntry>;
}

export interface CacheRequest {
  id: string;
  sharing: MountSharing;
  description: string;
  seed: CacheSeed;
}

export interface CacheDirectory {
  /** In the node. */
  path: string;
  release: () => void;
}

interface Holder {
  /** Others may have it too, if they share as well. */
  shared: boolean;
  count: number;
}

export class CacheMounts {
  readonly #cache: BuildCache;
  /** By the key of their record. */
  readonly #held = new Map<string, Holder>();
  readonly #waiting = new Set<() => void>();

  constructor(cache: BuildCache) {
    this.#cache = cache;
  }

  /**
   * The directory, made when there is none. `shared` has it with others that share; where it is taken, `private` and `shared` get
   * another of the same id, and `locked` waits.
   *
   * @throws EngineError when it was cancelled meanwhile, or there is no room for what it begins with
   */
  async acquire(request: CacheRequest, cancellation: Cancellation): Promise<CacheDirectory> {
    for (;;) {
      const key = this.#freeKey(request);
      if (key !== undefined) return this.#hold(key, request);
      await this.#released(cancellation);
    }
  }

  /** Undefined when all are taken, and there shall be no other. */
  #freeKey({ id, sharing, seed }: CacheRequest): string | undefined {
    for (let number = 1; ; number++) {
      const key = `mount:${JSON.stringify([id, seed.key, number])}`;
      if (sharing === 'locked' && number > 1 && !this.#cache.hasMount(key)) return undefined;
      const holder = this.#held.get(key);
      if (!holder || (holder.shared && sharing === 'shared')) return key;
    }
  }

  #hold(key: string, { sharing, description, seed }: CacheRequest): CacheDirectory {
    const { record, path } = this.#cache.mount(key, description, seed);
    const holder = this.#held.get(key) ?? { shared: sharing === 'shared', count: 0 };
    holder.count++;
    this.#held.set(key, holder);
    const unuse = this.#cache.use(record);
    const release = (): void => {
      unuse();
      if (--holder.count > 0) return;
      this.#held.delete(key);
      for (const wake of this.#waiting) wake();
    };
    return { path, release };
  }

  /** Until any directory is free again. */
  async #released(cancellation: Cancellation): Promise<void> {
    let wake!: () => void;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    const stopListening = cancellation.onCancel(wake);
    await woken;
    stopListening();
    this.#waiting.delete(wake);
    cancellation.check();
  }
}
