/**
 * The images of a node: finds them by what people call them, names them, and knows who uses them. Each larger
 * verb (pull, list, remove, …) has a file of its own and takes this.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import type { Compression } from '../compression.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import type { Events } from '../events.ts';
import { familiarString, parseAnyReference, tagNameOnly, type Reference } from '../oci/reference.ts';
import type { Random } from '../random.ts';
import { Semaphore } from '../semaphore.ts';
import type { Storage } from '../storage.ts';
import type { StorageDriver } from '../storage-driver.ts';
import { rfc3339Nano } from '../time.ts';
import { BlobRecords } from './blob-records.ts';
import { ImageStore, type Image } from './image-store.ts';
import { LayerStore, type Layer } from './layer-store.ts';
import type { LayerTrees } from './layer-trees.ts';
import { ReferenceStore } from './reference-store.ts';
import type { RegistryTransport } from './registry-port.ts';

export interface ImagePorts {
  storage: Storage;
  layerTrees: LayerTrees;
  registry: RegistryTransport;
  crypto: Crypto;
  compression: Compression;
  clock: Clock;
  random: Random;
  events: Events;
  driver: StorageDriver;
}

/** What images have to ask before they go; engine.ts answers from the containers. */
export interface ImageUsers {
  /** Containers made from an image, in a stable order. */
  containersOf(imageId: string): { id: string; running: boolean }[];
  /** Top layers (chainIDs) that containers stand on, though their image may be gone. */
  layersInUse(): Iterable<string>;
}

export class Images {
  readonly ports: ImagePorts;
  readonly layers: LayerStore;
  readonly store: ImageStore;
  readonly references: ReferenceStore;
  readonly blobs: BlobRecords;
  /** Docker's default for concurrent downloads. */
  readonly downloadSlots = new Semaphore(3);
  /** … and uploads. */
  readonly uploadSlots = new Semaphore(5);
  /** Pulls and imports that run, with what stops them. */
  readonly #jobs = new Map<Promise<unknown>, Cancellation>();
  /** Layers (chainIDs) that work in progress stands on, and how often. */
  readonly #held = new Map<string, number>();
  /** Set once by engine.ts, before any request. */
  users: ImageUsers = { containersOf: () => [], layersInUse: () => [] };

  /** Told of layers that are gone; set as `users` is. */
  onLayersRemoved: (layers: readonly Layer[]) => void = () => {};

  private constructor(ports: ImagePorts) {
    this.ports = ports;
    this.layers = new LayerStore(ports);
    this.store = new ImageStore(ports, this.layers);
    this.references = new ReferenceStore(ports.storage, ports.driver);
    this.blobs = new BlobRecords(ports.storage, ports.driver);
  }

  /** The images that Storage has. */
  static async open(ports: ImagePorts): Promise<Images> {
    const images = new Images(ports);
    await images.store.load();
    return images;
  }

  /**
   * The image that a name, an id or the beginning of one means.
   *
   * @throws EngineError `not-found`: `No such image: busybox:latest`
   */
  resolve(name: string): Image {
    const parsed = parseAnyReference(name);
    const noSuchImage = (shown: string): EngineError => new EngineError('not-found', `No such image: ${shown}`);
    if (parsed.kind === 'digest') {
      const image = this.store.get(parsed.digest);
      if (image) return image;
      throw noSuchImage(parsed.digest);
    }
    const id = this.references.get(parsed.reference);
    const image = (id !== undefined && this.store.get(id)) || this.store.search(name);
    if (image) return image;
    throw noSuchImage(familiarString(tagNameOnly(parsed.reference)));
  }

  /** Like `resolve`; undefined instead of an error. */
  find(name: string): Image | undefined {
    try {
      return this.resolve(name);
    } catch {
      return undefined;
    }
  }

  tag(image: Image, reference: Reference): void {
    // In this order: what fails leaves no name behind.
    this.store.setLastTagTime(image, rfc3339Nano(this.ports.clock.now()));
    this.references.add(reference, image.id);
    this.logEvent(image, 'tag', familiarString(tagNameOnly(reference)));
  }

  /** An event about an image, with its labels. */
  logEvent(image: Image, action: string, name = image.id): void {
    this.ports.events.log('image', action, image.id, { ...image.config.config?.Labels, name });
  }

  /** Runs something that changes the stores after a while, so that `shutdown` can wait for it. */
  async job<T>(cancellation: Cancellation, work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#jobs.set(running, cancellation);
    try {
      return await running;
    } finally {
      this.#jobs.delete(running);
    }
  }

  /** Stops what runs. Afterwards nothing is written to Storage any more. */
  async shutdown(): Promise<void> {
    for (const cancellation of this.#jobs.values()) cancellation.cancel();
    await Promise.allSettled(this.#jobs.keys());
  }

  /** Unpacks an uncompressed tar, whole or in pieces, onto a chain. The layer is held once, for the caller to release. */
  addLayer(tar: Uint8Array | readonly Uint8Array[], parent: string | undefined, diffId?: string): Promise<Layer> {
    return this.layers.register(tar instanceof Uint8Array ? [tar] : tar, parent, ({ chainId }) => this.hold(chainId), diffId);
  }

  /** Keeps a layer from being collected until it is released as often. */
  hold(chainId: string): void {
    this.#held.set(chainId, (this.#held.get(chainId) ?? 0) + 1);
  }

  release(chainId: string): void {
    const count = this.#held.get(chainId) ?? 0;
    if (count > 1) this.#held.set(chainId, count - 1);
    else this.#held.delete(chainId);
  }

  /** Removes layers that neither an image nor a container stands on; topmost first. */
  collectLayers(): Layer[] {
    const used = new Set<string>();
    const markChain = (top: string | undefined): void => {
      for (let id = top; id !== undefined && !used.has(id); id = this.layers.get(id)?.parent) used.add(id);
    };
    for (const image of this.store.all()) markChain(image.layers.at(-1)?.chainId);
    for (const top of this.users.layersInUse()) markChain(top);
    for (const top of this.#held.keys()) markChain(top);
    const unused = [...this.layers.all()].filter((layer) => !used.has(layer.chainId));
    const depth = (layer: Layer): number => this.layers.chain(layer.chainId)?.length ?? 0;
    const removed = unused.map((layer) => ({ layer, depth: depth(layer) })).sort((a, b) => b.depth - a.depth);
    for (const { layer } of removed) {
      this.layers.remove(layer);
      if (![...this.layers.all()].some((other) => other.diffId === layer.diffId)) this.blobs.forget(layer.diffId);
    }
    const gone = removed.map(({ layer }) => layer);
    if (gone.length > 0) this.onLayersRemoved(gone);
    return gone;
  }

  describe(): string {
    const images = [...this.store.all()].map(
      (image) =>
        `${image.id.slice(7, 19)} ${this.references.referencesOf(image.id).map(familiarString).join(' ') || '<none>'} layers=${image.layers.length}`,
    );
    const held = [...this.#held].map(([chainId, count]) => `held ${chainId.slice(7, 19)} ${count}`);
    return [...images.sort(), ...held.sort()].join('\n');
  }
}
