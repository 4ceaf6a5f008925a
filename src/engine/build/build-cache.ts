/**
 * The build cache: which step, on which files, gave which layer. Records lie in Storage; the layers they stand for are
 * kept as long as they do. Directories of `RUN --mount=type=cache` belong to it too.
 * Source: BuildKit cache/manager.go; moby builder/builder-next, Prune and DiskUsage.
 */
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import type { Filters } from '../filters.ts';
import type { Images } from '../image/images.ts';
import type { Layer } from '../image/layer-store.ts';
import type { Random } from '../random.ts';
import type { Storage } from '../storage.ts';
import { untilMs } from '../until.ts';
import type { CacheSeed } from './cache-mounts.ts';

export interface CacheRecord {
  /** 25 letters and digits. */
  id: string;
  /** Digest of the step and all that it depends on; of a cache mount, what names it. */
  key: string;
  /** Record that it was built on; empty at the bottom. */
  parent: string;
  type: 'regular' | 'exec.cachemount';
  description: string;
  /** ChainID of the layer that the step gave; of a cache mount, none. */
  chainId: string | undefined;
  createdMs: number;
  lastUsedMs: number;
  usageCount: number;
}

export interface UsedCache extends CacheRecord {
  sizeBytes: number;
  inUse: boolean;
  /** An image has its layer too: removing it frees nothing. */
  shared: boolean;
}

export interface PruneCache {
  /** Also what images share. */
  all: boolean;
  filters: Filters;
  /** Stops when no more than this is left; undefined: no limit. */
  keepBytes: number | undefined;
}

interface CachePorts {
  storage: Storage;
  clock: Clock;
  random: Random;
  images: Images;
}

const file = 'buildkit/cache.json';
/** The oldest go beyond this: nobody finds anything in more. */
const maxRecords = 2000;

export class BuildCache {
  readonly #ports: CachePorts;
  readonly #byKey = new Map<string, CacheRecord>();
  /** Records that running builds stand on, and how often. */
  readonly #used = new Map<string, number>();

  constructor(ports: CachePorts) {
    this.#ports = ports;
    for (const record of loadRecords(ports.storage)) this.#byKey.set(record.key, record);
  }

  /** What a step gave before, if it is still there. */
  find(key: string): CacheRecord | undefined {
    const record = this.#byKey.get(key);
    if (!record?.chainId || !this.#ports.images.layers.get(record.chainId)) return undefined;
    return this.#touch(record);
  }

  add(key: string, step: { parent: string; description: string; chainId: string }): CacheRecord {
    return this.#put({ id: recordId(this.#ports.random), key, type: 'regular', ...step });
  }

  /**
   * Layers of an image that only builds stand on: they stay until the cache is pruned.
   *
   * @param layers bottom first
   * @returns their records, in the same order
   */
  addPulled(layers: readonly Layer[], description: string): CacheRecord[] {
    let parent = '';
    return layers.map(({ chainId }) => {
      const key = `layer:${chainId}`;
      const record = this.find(key) ?? this.add(key, { parent, description, chainId });
      parent = record.id;
      return record;
    });
  }

  hasMount(key: string): boolean {
    return this.#byKey.has(key);
  }

  /**
   * The directory of a cache mount, made when it is not there.
   *
   * @returns its path in the node
   * @throws EngineError when there is no room for what it begins with; nothing of it stays then
   */
  mount(key: string, description: string, seed: CacheSeed): { path: string; record: CacheRecord } {
    const known = this.#byKey.get(key);
    const record = known ? this.#touch(known) : this.#makeMount(key, description, seed);
    const directory = mountDirectory(record.id);
    // Somebody may have cleared up in the node.
    this.#ports.storage.makeDirectory(directory);
    return { path: `/var/lib/docker/${directory}`, record };
  }

  #makeMount(key: string, description: string, { top, entries }: CacheSeed): CacheRecord {
    const { storage, random } = this.#ports;
    const id = recordId(random);
    try {
      storage.putTree(mountDirectory(id), top, entries());
    } catch (error) {
      storage.remove(mountDirectory(id));
      throw error;
    }
    return this.#put({ id, key, type: 'exec.cachemount', parent: '', description, chainId: undefined });
  }

  /** Keeps a record from being pruned until the returned function is called. */
  use(record: CacheRecord): () => void {
    this.#used.set(record.id, (this.#used.get(record.id) ?? 0) + 1);
    return () => {
      const count = (this.#used.get(record.id) ?? 0) - 1;
      if (count > 0) this.#used.set(record.id, count);
      else this.#used.delete(record.id);
    };
  }

  /** For images: layers that the cache stands on. */
  layersInUse(): string[] {
    return [...this.#byKey.values()].flatMap(({ chainId }) => chainId ?? []);
  }

  /** Last used last. */
  usage(): UsedCache[] {
    const { images } = this.#ports;
    const inImages = new Set([...images.store.all()].flatMap(({ layers }) => layers.map(({ chainId }) => chainId)));
    return [...this.#byKey.values()]
      .map((record) => ({
        ...record,
        sizeBytes: this.#sizeOf(record),
        inUse: this.#used.has(record.id),
        shared: record.chainId !== undefined && inImages.has(record.chainId),
      }))
      .sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  }

  prune({ all, filters, keepBytes }: PruneCache): { removed: string[]; reclaimedBytes: number } {
    const chosen = this.usage().filter(
      (record) => !record.inUse && (all || !record.shared) && isChosen(record, filters, this.#ports.clock.now()),
    );
    let left = this.usage().reduce((sum, record) => sum + record.sizeBytes, 0);
    const removed: string[] = [];
    let reclaimedBytes = 0;
    for (const record of chosen) {
      if (keepBytes !== undefined && left <= keepBytes) break;
      this.#byKey.delete(record.key);
      if (record.type === 'exec.cachemount') this.#ports.storage.remove(mountDirectory(record.id));
      removed.push(record.id);
      left -= record.sizeBytes;
      if (!record.shared) reclaimedBytes += record.sizeBytes;
    }
    this.#save();
    const { images } = this.#ports;
    images.collectLayers();
    images.ports.events.log('builder', 'prune', '', { reclaimed: String(reclaimedBytes) });
    return { removed, reclaimedBytes };
  }

  #touch(record: CacheRecord): CacheRecord {
    const touched = { ...record, lastUsedMs: this.#ports.clock.now(), usageCount: record.usageCount + 1 };
    this.#byKey.set(record.key, touched);
    this.#save();
    return touched;
  }

  #put(step: Pick<CacheRecord, 'id' | 'key' | 'parent' | 'type' | 'description' | 'chainId'>): CacheRecord {
    const nowMs = this.#ports.clock.now();
    const record = { ...step, createdMs: nowMs, lastUsedMs: nowMs, usageCount: 1 };
    this.#byKey.set(record.key, record);
    if (this.#byKey.size > maxRecords) {
      const oldest = this.usage().find(({ inUse, type }) => !inUse && type === 'regular');
      if (oldest) this.#byKey.delete(oldest.key);
    }
    this.#save();
    return record;
  }

  #sizeOf(record: CacheRecord): number {
    if (record.type === 'exec.cachemount') return treeBytes(this.#ports.storage, mountDirectory(record.id));
    return (record.chainId === undefined ? undefined : this.#ports.images.layers.get(record.chainId))?.sizeBytes ?? 0;
  }

  /** A full disk costs the next daemon its memory of this, not this build. */
  #save(): void {
    try {
      this.#ports.storage.write(file, new TextEncoder().encode(JSON.stringify([...this.#byKey.values()])), 0o600);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
}

function isChosen(record: UsedCache, filters: Filters, nowMs: number): boolean {
  const [until] = filters.get('until');
  if (until !== undefined && record.lastUsedMs > untilMs(until, nowMs)) return false;
  const [unusedFor] = filters.get('unused-for');
  if (unusedFor !== undefined && record.lastUsedMs > untilMs(unusedFor, nowMs)) return false;
  const text = (key: string, value: string): boolean => filters.exact(key, value);
  return (
    text('id', record.id) &&
    text('parent', record.parent) &&
    text('parents', record.parent) &&
    text('type', record.type) &&
    text('description', record.description) &&
    text('inuse', String(record.inUse)) &&
    (!filters.has('shared') || record.shared) &&
    (!filters.has('private') || !record.shared)
  );
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

function mountDirectory(id: string): string {
  return `buildkit/cachemounts/${id}`;
}

function recordId(random: Random): string {
  return [...random.bytes(25)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

function treeBytes(storage: Storage, path: string): number {
  return storage.list(path).reduce((sum, name) => {
    const below = `${path}/${name}`;
    return sum + (storage.sizeBytes(below) ?? treeBytes(storage, below));
  }, 0);
}

/** What can be read of it: it is only a memory of work done. */
function loadRecords(storage: Storage): CacheRecord[] {
  const bytes = storage.read(file);
  if (!bytes) return [];
  try {
    const records: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(records) ? records.filter(isRecord) : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is CacheRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const texts = [record['id'], record['key'], record['parent'], record['description']].every((text) => typeof text === 'string');
  const numbers = [record['createdMs'], record['lastUsedMs'], record['usageCount']].every((number) => Number.isFinite(number));
  const { chainId, type, id } = record;
  return (
    texts &&
    numbers &&
    /^[0-9a-z]{25}$/.test(String(id)) &&
    (chainId === undefined || typeof chainId === 'string') &&
    (type === 'regular' || type === 'exec.cachemount')
  );
}
