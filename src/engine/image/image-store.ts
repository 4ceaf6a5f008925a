/**
 * Which images there are: configurations by their digest, with parent and last tag time, as Docker keeps them in
 * `imagedb`. Knows nothing of names (reference-store.ts).
 */
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { chainIds } from '../oci/chain-id.ts';
import { digestOf, encodedOf } from '../oci/digest.ts';
import { parseImageConfig, type ImageConfigFile } from '../oci/image-config.ts';
import type { Storage } from '../storage.ts';
import { imageRoot, type StorageDriver } from '../storage-driver.ts';
import { parseRfc3339 } from '../time.ts';
import type { Layer, LayerStore } from './layer-store.ts';

export interface Image {
  /** `sha256:` and the digest of its configuration. */
  id: string;
  config: ImageConfigFile;
  /** Bottom first. */
  layers: Layer[];
  /** Bytes in all its layers. */
  sizeBytes: number;
  /** Milliseconds since the epoch; undefined when the configuration does not say. */
  createdMs: number | undefined;
  /** The image it was built or committed from, on this host; empty when it was pulled. */
  parentId: string;
  /** RFC 3339; undefined when it was never tagged by hand. */
  lastTagTime: string | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class ImageStore {
  readonly #storage: Storage;
  readonly #content: string;
  readonly #metadata: string;
  readonly #crypto: Crypto;
  readonly #layers: LayerStore;
  readonly #images = new Map<string, Image>();

  constructor(ports: { storage: Storage; crypto: Crypto; driver: StorageDriver }, layers: LayerStore) {
    this.#storage = ports.storage;
    this.#content = `${imageRoot(ports.driver)}/imagedb/content/sha256`;
    this.#metadata = `${imageRoot(ports.driver)}/imagedb/metadata/sha256`;
    this.#crypto = ports.crypto;
    this.#layers = layers;
  }

  /** Reads what Storage has. An image whose layers are gone or whose configuration was changed is left out, as Docker does. */
  async load(): Promise<void> {
    for (const name of this.#storage.list(this.#content)) {
      const bytes = this.#storage.read(`${this.#content}/${name}`);
      if (!bytes || (await digestOf(this.#crypto, bytes)) !== `sha256:${name}`) continue;
      try {
        const image = await this.#toImage(`sha256:${name}`, bytes);
        this.#images.set(image.id, image);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }
  }

  get size(): number {
    return this.#images.size;
  }

  get(id: string): Image | undefined {
    return this.#images.get(id);
  }

  all(): Iterable<Image> {
    return this.#images.values();
  }

  children(id: string): Image[] {
    return [...this.#images.values()].filter((image) => image.parentId === id);
  }

  /** The one image whose id begins so, with or without `sha256:`; undefined when there is none or more than one. */
  search(prefix: string): Image | undefined {
    const digits = prefix.startsWith('sha256:') ? prefix.slice(7) : prefix;
    if (!/^[0-9a-f]+$/.test(digits)) return undefined;
    const found = [...this.#images.values()].filter((image) => encodedOf(image.id).startsWith(digits));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Adds an image whose layers are in the layer store; returns the one that is there when it is the same. */
  async create(config: Uint8Array): Promise<Image> {
    const id = await digestOf(this.#crypto, config);
    const known = this.#images.get(id);
    if (known) return known;
    const image = await this.#toImage(id, config);
    this.#storage.write(`${this.#content}/${encodedOf(id)}`, config, 0o600);
    this.#images.set(id, image);
    return image;
  }

  /** The configuration's exact bytes. */
  configBytes(image: Image): Uint8Array {
    const bytes = this.#storage.read(`${this.#content}/${encodedOf(image.id)}`);
    if (!bytes) throw new EngineError('data-loss', `image config ${image.id} is missing`);
    return bytes;
  }

  setParent(image: Image, parentId: string): void {
    image.parentId = parentId;
    this.#storage.write(`${this.#metadata}/${encodedOf(image.id)}/parent`, encoder.encode(parentId), 0o600);
  }

  setLastTagTime(image: Image, time: string): void {
    image.lastTagTime = time;
    this.#storage.write(`${this.#metadata}/${encodedOf(image.id)}/lastUpdated`, encoder.encode(time), 0o600);
  }

  /** Forgets an image; its layers stay for the caller to collect. */
  delete(image: Image): void {
    for (const child of this.children(image.id)) {
      child.parentId = '';
      this.#storage.remove(`${this.#metadata}/${encodedOf(child.id)}/parent`);
    }
    this.#images.delete(image.id);
    this.#storage.remove(`${this.#content}/${encodedOf(image.id)}`);
    this.#storage.remove(`${this.#metadata}/${encodedOf(image.id)}`);
  }

  async #toImage(id: string, bytes: Uint8Array): Promise<Image> {
    const config = parseImageConfig(bytes);
    const filled = (config.history ?? []).filter((entry) => !entry.empty_layer).length;
    if (filled > config.rootfs.diff_ids.length) throw new EngineError('invalid-parameter', 'too many non-empty layers in History section');
    const top = (await chainIds(this.#crypto, config.rootfs.diff_ids)).at(-1);
    const layers = this.#layers.chain(top);
    if (!layers) throw new EngineError('invalid-parameter', `failed to get layer ${top}: layer does not exist`);
    const note = (name: string): string | undefined => {
      const value = this.#storage.read(`${this.#metadata}/${encodedOf(id)}/${name}`);
      return value && decoder.decode(value);
    };
    return {
      id,
      config,
      layers,
      sizeBytes: layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
      createdMs: config.created === undefined ? undefined : parseRfc3339(config.created),
      parentId: note('parent') ?? '',
      lastTagTime: note('lastUpdated'),
    };
  }
}
