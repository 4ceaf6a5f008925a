/**
 * Which layers there are: chains of unpacked layers, each with its directory name of the storage driver. Their
 * files are in LayerTrees (once per diffID, however many chains use it); what Docker keeps in `layerdb` is in Storage,
 * so that a restarted daemon finds them.
 */
import { concatBytes } from '../bytes.ts';
import type { Compression } from '../compression.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { hex } from '../id.ts';
import { chainIdAbove } from '../oci/chain-id.ts';
import { digestOf, encodedOf, isDigest } from '../oci/digest.ts';
import { unpackLayer } from '../oci/layer-entries.ts';
import { packTar } from '../oci/tar-writer.ts';
import type { Random } from '../random.ts';
import type { Storage } from '../storage.ts';
import { imageRoot, type StorageDriver, storageDrivers, vfsDirectory } from '../storage-driver.ts';
import type { LayerTrees } from './layer-trees.ts';
import { LayerIndexes } from './root-files.ts';
import { joinTar, splitTar } from './tar-split.ts';

export interface Layer {
  /** Names the layer with all below it. */
  chainId: string;
  /** Digest of its uncompressed tar; names its tree in LayerTrees. */
  diffId: string;
  /** ChainID of the layer below. */
  parent: string | undefined;
  /** Its directory under `/var/lib/docker/overlay2/` or `/var/lib/docker/vfs/dir/`. */
  cacheId: string;
  /** Bytes in its own files. */
  sizeBytes: number;
}

const rootOf = (driver: StorageDriver): string => `${imageRoot(driver)}/layerdb/sha256`;
/** As Docker: more directories than these cannot be mounted on each other. */
const maxDepth = 128;
const tarSplitFile = 'tar-split.json.gz';
/** Of a tar's headers as text; a layer has at most half a million entries. */
const maxTarSplitBytes = 1 << 29;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class LayerStore {
  readonly #storage: Storage;
  readonly #driver: StorageDriver;
  readonly #root: string;
  readonly #trees: LayerTrees;
  readonly #crypto: Crypto;
  readonly #compression: Compression;
  readonly #random: Random;
  readonly #layers = new Map<string, Layer>();
  /** Sizes of layers' tars, by diffID. */
  readonly #archiveBytes = new Map<string, number>();

  constructor(ports: {
    storage: Storage;
    layerTrees: LayerTrees;
    crypto: Crypto;
    compression: Compression;
    random: Random;
    driver: StorageDriver;
  }) {
    this.#storage = ports.storage;
    this.#driver = ports.driver;
    this.#root = rootOf(ports.driver);
    this.#trees = ports.layerTrees;
    this.#crypto = ports.crypto;
    this.#compression = ports.compression;
    this.#random = ports.random;
    for (const name of this.#storage.list(this.#root)) this.#load(name);
  }

  get(chainId: string): Layer | undefined {
    return this.#layers.get(chainId);
  }

  all(): Iterable<Layer> {
    return this.#layers.values();
  }

  /** A layer and all below it, bottom first; undefined when one of them is missing. */
  chain(top: string | undefined): Layer[] | undefined {
    const layers: Layer[] = [];
    for (let id = top; id !== undefined;) {
      const layer = this.#layers.get(id);
      // A broken `parent` file may lead in a circle.
      if (!layer || layers.length >= maxDepth) return undefined;
      layers.unshift(layer);
      id = layer.parent;
    }
    return layers;
  }

  /**
   * Unpacks an uncompressed tar onto a chain. When the same layer is there already, that one is returned.
   *
   * @param tar in pieces; the tree keeps views into them
   * @param hold called with the layer before anybody else can run and find it unused
   * @param diffId known digest of the tar, to save computing it again
   */
  async register(tar: readonly Uint8Array[], parent: string | undefined, hold: (layer: Layer) => void, diffId?: string): Promise<Layer> {
    const id = diffId ?? (await digestOf(this.#crypto, tar));
    const chainId = parent === undefined ? id : await chainIdAbove(this.#crypto, parent, id);
    const found = (layer: Layer): Layer => {
      hold(layer);
      return layer;
    };
    const known = this.#layers.get(chainId);
    if (known) return found(known);
    const { entries, sizeBytes } = unpackLayer(tar);
    const split = await this.#compression.gzip(splitTar(tar, entries));
    this.#archiveBytes.set(
      id,
      tar.reduce((sum, piece) => sum + piece.length, 0),
    );
    // The same layer may have come meanwhile.
    const other = this.#layers.get(chainId);
    if (other) return found(other);
    if (!this.#trees.has(id)) this.#trees.put(id, entries);
    const layer = { chainId, diffId: id, parent, cacheId: hex(this.#random.bytes(32)), sizeBytes };
    try {
      if (this.#driver === 'vfs') this.#copy(layer);
      this.#save(layer, split);
    } catch (error) {
      this.#forget(layer);
      throw error;
    }
    this.#layers.set(chainId, layer);
    return found(layer);
  }

  /**
   * The very tar that the layer was unpacked from.
   *
   * @throws EngineError `data-loss` when it cannot be put together any more
   */
  async archive({ chainId, diffId }: Layer): Promise<Uint8Array> {
    const entries = [...(this.#trees.entries(diffId) ?? [])];
    const split = this.#storage.read(`${this.#root}/${encodedOf(chainId)}/${tarSplitFile}`);
    const pieces = split && joinTar(await this.#compression.gunzip(split, maxTarSplitBytes), entries);
    const archive = concatBytes(pieces ?? packTar(entries));
    if ((await digestOf(this.#crypto, archive)) !== diffId)
      throw new EngineError('data-loss', `layer ${diffId} cannot be put together again`);
    return archive;
  }

  /** Bytes in the layer's tar. */
  async archiveBytes(layer: Layer): Promise<number> {
    const known = this.#archiveBytes.get(layer.diffId) ?? (await this.archive(layer)).length;
    this.#archiveBytes.set(layer.diffId, known);
    return known;
  }

  /** Forgets a layer; its tree goes with the last chain that uses it. */
  remove(layer: Layer): void {
    if (this.#layers.delete(layer.chainId)) this.#forget(layer);
  }

  #forget(layer: Layer): void {
    this.#storage.remove(`${this.#root}/${encodedOf(layer.chainId)}`);
    if (this.#driver === 'vfs') this.#storage.remove(vfsDirectory(layer.cacheId));
    for (const other of this.#layers.values()) if (other.diffId === layer.diffId) return;
    if (this.#isElsewhere(layer.diffId)) return;
    this.#trees.remove(layer.diffId);
    this.#archiveBytes.delete(layer.diffId);
  }

  /** Whether another driver's layers, which are not loaded, have the same files. */
  #isElsewhere(diffId: string): boolean {
    const others = storageDrivers.filter((driver) => driver !== this.#driver).map(rootOf);
    return others.some((root) =>
      this.#storage.list(root).some((name) => {
        const bytes = this.#storage.read(`${root}/${name}/diff`);
        return bytes !== undefined && decoder.decode(bytes) === diffId;
      }),
    );
  }

  /** The layer with all below it as one tree, as vfs keeps it. */
  #copy(layer: Layer): void {
    const below = this.chain(layer.parent) ?? [];
    const files = new LayerIndexes(this.#trees).root([...below, layer].map(({ diffId }) => diffId));
    this.#storage.putTree(vfsDirectory(layer.cacheId), files.resolve('').entry!, files.walk(''), { share: true });
  }

  #save({ chainId, diffId, parent, cacheId, sizeBytes }: Layer, split: Uint8Array): void {
    const directory = `${this.#root}/${encodedOf(chainId)}`;
    const put = (name: string, text: string): void => this.#storage.write(`${directory}/${name}`, encoder.encode(text), 0o644);
    put('cache-id', cacheId);
    put('diff', diffId);
    if (parent !== undefined) put('parent', parent);
    this.#storage.write(`${directory}/${tarSplitFile}`, split, 0o644);
    // Last: a directory without it is half-made.
    put('size', String(sizeBytes));
  }

  #load(name: string): void {
    const field = (file: string): string | undefined => {
      const bytes = this.#storage.read(`${this.#root}/${name}/${file}`);
      return bytes && decoder.decode(bytes);
    };
    const [diffId, cacheId, size, parent] = [field('diff'), field('cache-id'), field('size'), field('parent')];
    const chainId = `sha256:${name}`;
    // Half-made, or broken by hand.
    if (!isDigest(chainId) || !isDigest(diffId ?? '') || (parent !== undefined && !isDigest(parent))) return;
    if (!/^[0-9a-f]{64}$/.test(cacheId ?? '') || !/^\d+$/.test(size ?? '') || !this.#trees.has(diffId!)) return;
    this.#layers.set(chainId, { chainId, diffId: diffId!, parent, cacheId: cacheId!, sizeBytes: Number(size) });
  }
}
