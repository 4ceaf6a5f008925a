/**
 * RUN --mount: what each mount counts for in the cache, and what it is in the node while the step runs.
 * Source: Dockerfile reference, RUN --mount; BuildKit frontend/dockerfile/dockerfile2llb/convert_runmount.go.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Containers } from '../container/containers.ts';
import { EngineError } from '../errors.ts';
import { hex } from '../id.ts';
import type { FileAttributes, LayerEntry } from '../image/layer-trees.ts';
import type { RootFiles } from '../image/root-files.ts';
import type { Rootfs } from '../runtime/runtime.ts';
import type { BuildContext } from './build-context.ts';
import type { CacheDirectory, CacheMounts, CacheSeed } from './cache-mounts.ts';
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

interface Preparation extends PreparedMounts {
  /** What `done` does. */
  ends: (() => void)[];
  /** A step that names a cache twice has it once. */
  caches: Map<string, CacheDirectory>;
}

type CacheMount = Extract<PlannedMount, { type: 'cache' }>;

interface Parts {
  containers: Containers;
  cacheMounts: CacheMounts;
  context: BuildContext;
  secrets: ReadonlyMap<string, Uint8Array>;
  cancellation: Cancellation;
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
        if (mount.type === 'cache') return { ...mount, from: mount.from.kind === 'scratch' ? undefined : this.#originOf(mount.from).key };
        if (mount.type !== 'bind') return mount;
        const { key, files } = this.#originOf(mount.from);
        const found = findSources(files, mount.source);
        const checksum = mount.from.kind === 'context' ? await checksumOf(this.#crypto, entriesOf(found)) : key;
        return ['bind', mount.target, mount.source, mount.readOnly, checksum];
      }),
    );
  }

  async prepare(operation: RunOperation): Promise<PreparedMounts> {
    const ends: (() => void)[] = [];
    const done = (): void => {
      for (const end of ends.splice(0)) end();
    };
    const prepared: Preparation = { mounts: [], env: [], done, ends, caches: new Map() };
    try {
      for (const mount of operation.mounts) await this.#prepare(mount, prepared);
      if (operation.script) {
        const { path, content } = operation.script;
        prepared.mounts.push({
          kind: 'bind',
          source: this.#file(prepared, scriptsDirectory, new TextEncoder().encode(content), { mode: 0o755, uid: 0, gid: 0 }),
          target: path,
          readOnly: true,
        });
      }
    } catch (error) {
      done();
      throw error;
    }
    return prepared;
  }

  async #prepare(mount: PlannedMount, step: Preparation): Promise<void> {
    const { mounts, env } = step;
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
        const { path } = await this.#cache(mount, step);
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
          source: this.#file(step, secretsDirectory, secret, attributesOf(mount, 0o400)),
          target: mount.target,
          readOnly: true,
        });
        return;
      }
      case 'ssh':
        throw new EngineError('not-implemented', 'RUN --mount=type=ssh is not supported: there is no SSH agent to forward');
    }
  }

  async #cache(mount: CacheMount, { caches, ends }: Preparation): Promise<CacheDirectory> {
    const { cacheMounts, cancellation } = this.#parts;
    const { id, target, sharing } = mount;
    const seed = this.#seedOf(mount);
    const name = JSON.stringify([id, seed.key]);
    const known = caches.get(name);
    if (known) return known;
    const description = `cached mount ${target} with id ${JSON.stringify(id)}`;
    const directory = await cacheMounts.acquire({ id, sharing, description, seed }, cancellation);
    ends.push(directory.release);
    caches.set(name, directory);
    return directory;
  }

  #seedOf(mount: CacheMount): CacheSeed {
    const { from, source } = mount;
    const top = attributesOf(mount, 0o755);
    const isOwned = [mount.uid, mount.gid, mount.mode].some((value) => value !== undefined);
    // Owner and permissions are those of a new directory, which BuildKit makes where no other is named.
    if (source === '/' && (isOwned || from.kind === 'scratch')) {
      return { key: isOwned ? JSON.stringify([top.uid, top.gid, top.mode]) : '', top, entries: () => [] };
    }
    const { key, files } = this.#originOf(from);
    const { path, entry } = files.resolve(source);
    if (!entry) throw new EngineError('not-found', `"${source}": not found`);
    if (entry.type !== 'directory') throw new EngineError('invalid-parameter', `"${source}": not a directory`);
    return { key: `${key} ${source}`, top: entry, entries: () => files.walkBelow(path) };
  }

  /** A file that is in the node for a step. @returns its path there */
  #file({ ends }: Preparation, directory: string, content: Uint8Array, attributes: FileAttributes): string {
    const { storage, clock } = this.#parts.containers.ports;
    const path = `${directory}/${hex(this.#random.bytes(16))}`;
    ends.push(() => storage.remove(path));
    const entry: LayerEntry = { path: 'file', type: 'file', ...attributes, mtime: Math.floor(clock.now() / 1000), content };
    storage.putTree(path, { mode: 0o700, uid: 0, gid: 0 }, [entry]);
    return `/var/lib/docker/${path}/file`;
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

function attributesOf(
  { uid = 0, gid = 0, mode }: { [name in keyof FileAttributes]: number | undefined },
  defaultMode: number,
): FileAttributes {
  return { uid, gid, mode: mode ?? defaultMode };
}
