/**
 * RUN --mount: what each mount counts for in the cache, and what it is in the node while the step runs.
 * Source: Dockerfile reference, RUN --mount; BuildKit frontend/dockerfile/dockerfile2llb/convert_runmount.go.
 */
import type { Containers } from '../container/containers.ts';
import { EngineError } from '../errors.ts';
import { hex } from '../id.ts';
import type { RootFiles } from '../image/root-files.ts';
import type { Rootfs } from '../runtime/runtime.ts';
import type { BuildCache } from './build-cache.ts';
import type { BuildContext } from './build-context.ts';
import { checksumOf, textDigest } from './checksum.ts';
import { entriesOf, findSources } from './copy.ts';
import type { Origin, PlannedMount, RunOperation } from './dockerfile/plan.ts';
import { forgetContext, noteContext, scriptsDirectory, secretsDirectory } from './leftovers.ts';
import type { RunMount } from './run.ts';

/** Where a mount's files come from. */
export interface MountOrigin {
  /** Stands for all of them in the cache. */
  key: string;
  files: RootFiles;
  /** Undefined for the build context, which is no layer. */
  lower: Rootfs['lower'] | undefined;
}

export interface PreparedMounts {
  mounts: RunMount[];
  /** Secrets as variables. */
  env: string[];
  /** Takes away what was only there for the step. */
  done: () => void;
}

interface Parts {
  containers: Containers;
  cache: BuildCache;
  context: BuildContext;
  secrets: ReadonlyMap<string, Uint8Array>;
}

export class RunMounts {
  readonly #parts: Parts;
  readonly #originOf: (origin: Origin) => MountOrigin;
  /** The context as a layer, made when it is mounted for the first time. */
  #contextLayer: Rootfs['lower'][number] | undefined;

  constructor(parts: Parts, originOf: (origin: Origin) => MountOrigin) {
    this.#parts = parts;
    this.#originOf = originOf;
  }

  release(): void {
    if (this.#contextLayer === undefined) return;
    const { layerTrees, storage, runtime } = this.#parts.containers.ports;
    const { diffId, cacheId } = this.#contextLayer;
    layerTrees.remove(diffId);
    forgetContext(storage, diffId);
    void runtime.removeLayers([cacheId]).catch(() => undefined);
    this.#contextLayer = undefined;
  }

  /** What the mounts of a step depend on. Secrets and the contents of caches do not count. */
  async keys({ mounts }: RunOperation): Promise<unknown[]> {
    return Promise.all(
      mounts.map(async (mount) => {
        if (mount.type !== 'bind') return { ...mount, from: undefined };
        const { key, files } = this.#originOf(mount.from);
        const found = findSources(files, mount.source);
        const checksum = mount.from.kind === 'context' ? await checksumOf(this.#crypto, entriesOf(found)) : key;
        return ['bind', mount.target, mount.source, mount.readOnly, checksum];
      }),
    );
  }

  async prepare(operation: RunOperation): Promise<PreparedMounts> {
    const prepared: PreparedMounts = { mounts: [], env: [], done: () => finish() };
    const ends: (() => void)[] = [];
    const finish = (): void => {
      for (const end of ends.splice(0)) end();
    };
    try {
      for (const mount of operation.mounts) await this.#prepare(mount, prepared, ends);
      if (operation.script) {
        const { path, content } = operation.script;
        prepared.mounts.push({
          kind: 'bind',
          source: this.#file(scriptsDirectory, new TextEncoder().encode(content), 0o755, ends),
          target: path,
          readOnly: true,
        });
      }
    } catch (error) {
      finish();
      throw error;
    }
    return prepared;
  }

  async #prepare(mount: PlannedMount, { mounts, env }: PreparedMounts, ends: (() => void)[]): Promise<void> {
    switch (mount.type) {
      case 'bind': {
        const { files, lower } = this.#originOf(mount.from);
        const { path, entry } = files.resolve(mount.source);
        if (!entry) throw new EngineError('not-found', `"${mount.source}": not found`);
        const tree = { lower: lower ?? [await this.#layerOfContext()], path };
        mounts.push({ kind: 'tree', ...tree, target: mount.target, readOnly: mount.readOnly });
        return;
      }
      case 'cache': {
        if (mount.from.kind !== 'scratch')
          throw new EngineError('not-implemented', 'RUN --mount=type=cache with from is not supported: the cache begins empty');
        const { path, record } = this.#parts.cache.mount(mount.id, `cached mount ${mount.target} with id ${JSON.stringify(mount.id)}`);
        ends.push(this.#parts.cache.use(record));
        mounts.push({ kind: 'bind', source: path, target: mount.target, readOnly: mount.readOnly });
        return;
      }
      case 'tmpfs':
        mounts.push({ kind: 'tmpfs', target: mount.target, sizeBytes: mount.sizeBytes });
        return;
      case 'secret': {
        const secret = this.#parts.secrets.get(mount.id);
        if (!secret) {
          if (mount.required) throw new EngineError('not-found', `secret ${mount.id}: not found`);
          return;
        }
        if (mount.env !== undefined) env.push(`${mount.env}=${new TextDecoder().decode(secret)}`);
        if (mount.target === undefined) return;
        mounts.push({
          kind: 'bind',
          source: this.#file(secretsDirectory, secret, mount.mode ?? 0o400, ends),
          target: mount.target,
          readOnly: true,
        });
        return;
      }
      case 'ssh':
        throw new EngineError('not-implemented', 'RUN --mount=type=ssh is not supported: there is no SSH agent to forward');
    }
  }

  /** A file that is in the node for a step. @returns its path there */
  #file(directory: string, bytes: Uint8Array, mode: number, ends: (() => void)[]): string {
    const { storage } = this.#parts.containers.ports;
    const path = `${directory}/${hex(this.#random.bytes(16))}`;
    ends.push(() => storage.remove(path));
    storage.write(path, bytes, mode);
    return `/var/lib/docker/${path}`;
  }

  async #layerOfContext(): Promise<Rootfs['lower'][number]> {
    if (this.#contextLayer === undefined) {
      const { context, containers } = this.#parts;
      const diffId = await textDigest(this.#crypto, `build context ${hex(this.#random.bytes(16))}`);
      this.#contextLayer = { diffId, cacheId: hex(this.#random.bytes(32)) };
      noteContext(containers.ports.storage, diffId);
      containers.ports.layerTrees.put(diffId, context.entries);
    }
    return this.#contextLayer;
  }

  get #random(): { bytes(count: number): Uint8Array } {
    return this.#parts.containers.ports.random;
  }

  get #crypto(): Parameters<typeof textDigest>[0] {
    return this.#parts.containers.ports.images.ports.crypto;
  }
}
