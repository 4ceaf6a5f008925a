/**
 * `docker save`: images with their layers as one tar, an OCI image layout that also has Docker's `manifest.json`.
 * Source: moby image/tarexport/save.go; OCI image-spec image-layout.md.
 */
import { EngineError } from '../errors.ts';
import { digestOf, encodedOf } from '../oci/digest.ts';
import { mediaTypes, type Descriptor } from '../oci/manifest.ts';
import { familiarName, familiarString, fullString, isNameOnly, parseAnyReference, tagNameOnly, type Reference } from '../oci/reference.ts';
import { endOfTar, tarPieces } from '../oci/tar-writer.ts';
import { parseRfc3339 } from '../time.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';

/** A plain tar as layers are saved. */
const layerTarType = 'application/vnd.oci.image.layer.v1.tar';

interface ManifestItem {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
  LayerSources: Record<string, Descriptor>;
}

/**
 * Pieces of the archive, made as they are taken: one layer at a time is put together.
 *
 * @param names images and repositories; a name without a tag stands for all tags of its repository
 * @throws EngineError `not-found` for a name that there is not
 */
export function saveImages(images: Images, names: readonly string[]): AsyncIterable<Uint8Array> {
  return archive(images, [...choose(images, names).values()]);
}

interface Chosen {
  image: Image;
  references: Reference[];
}

function choose(images: Images, names: readonly string[]): Map<string, Chosen> {
  const chosen = new Map<string, Chosen>();
  const add = (image: Image, reference?: Reference): void => {
    const entry = chosen.get(image.id) ?? { image, references: [] };
    chosen.set(image.id, entry);
    // A digest is no name to load an image under.
    if (reference?.tag === undefined || reference.digest !== undefined) return;
    if (entry.references.some((other) => familiarString(other) === familiarString(reference))) return;
    entry.references.push(reference);
  };
  for (const name of names) {
    const parsed = parseAnyReference(name);
    if (parsed.kind === 'digest') {
      add(images.resolve(name));
      continue;
    }
    const { reference } = parsed;
    const tagged = isNameOnly(reference) ? images.references.inRepository(reference) : [];
    for (const { reference: tag, imageId } of tagged) add(images.store.get(imageId)!, tag);
    if (tagged.length > 0) continue;
    // An id, or the beginning of one, takes no name along. What is missing is not named as elsewhere.
    const id = images.references.get(reference);
    const image = (id !== undefined && images.store.get(id)) || (isNameOnly(reference) && images.store.search(name));
    if (!image) throw new EngineError('not-found', isNameOnly(reference) ? `No such image: ${name}` : 'reference does not exist');
    add(image, id === undefined ? undefined : tagNameOnly(reference));
  }
  if (chosen.size === 0) throw new EngineError('invalid-parameter', 'invalid reference format');
  return chosen;
}

async function* archive(images: Images, chosen: Chosen[]): AsyncIterable<Uint8Array> {
  // Not before somebody reads: what never begins does not end either.
  for (const { image } of chosen) for (const { chainId } of image.layers) images.hold(chainId);
  try {
    const blobs = new Map<string, () => Promise<Uint8Array> | Uint8Array>();
    const manifests: (Descriptor & { annotations?: Record<string, string> })[] = [];
    const items: ManifestItem[] = [];
    const repositories: Record<string, Record<string, string>> = {};
    for (const { image, references } of chosen) {
      const layers = await Promise.all(image.layers.map((layer) => describeLayer(images, layer)));
      for (const [at, layer] of image.layers.entries()) blobs.set(layers[at]!.digest, () => images.layers.archive(layer));
      const config = images.store.configBytes(image);
      blobs.set(image.id, () => config);
      const manifest = encode({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: { mediaType: mediaTypes.ociConfig, digest: image.id, size: config.length },
        layers,
      });
      const digest = await digestOf(images.ports.crypto, manifest);
      blobs.set(digest, () => manifest);
      const descriptor = { mediaType: mediaTypes.ociManifest, digest, size: manifest.length };
      for (const reference of references) {
        const name = fullString(reference);
        manifests.push({
          ...descriptor,
          annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': reference.tag! },
        });
        const top = image.layers.at(-1);
        if (top) (repositories[familiarName(reference)] ??= {})[reference.tag!] = encodedOf(top.diffId);
      }
      if (references.length === 0) manifests.push(descriptor);
      items.push({
        Config: blobPath(image.id),
        RepoTags: references.length > 0 ? references.map(familiarString) : null,
        Layers: layers.map((layer) => blobPath(layer.digest)),
        LayerSources: Object.fromEntries(layers.map((layer) => [layer.digest, layer])),
      });
      images.logEvent(image, 'save');
    }
    const mtime = Math.floor((parseRfc3339(rfcOfOldest(chosen)) ?? 0) / 1000);
    yield* directory('blobs', mtime);
    yield* directory('blobs/sha256', mtime);
    for (const digest of [...blobs.keys()].sort()) yield* file(blobPath(digest), await blobs.get(digest)!(), mtime);
    yield* file('index.json', encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }), 0);
    yield* file('manifest.json', encode(items), 0);
    yield* file('oci-layout', encode({ imageLayoutVersion: '1.0.0' }), 0);
    if (Object.keys(repositories).length > 0) yield* file('repositories', concatLine(encode(repositories)), 0);
    yield endOfTar;
  } finally {
    for (const { image } of chosen) for (const { chainId } of image.layers) images.release(chainId);
    images.collectLayers();
  }
}

/** The size of a layer's tar is known once it has been put together. */
async function describeLayer(images: Images, layer: Layer): Promise<Descriptor> {
  return { mediaType: layerTarType, digest: layer.diffId, size: await images.layers.archiveBytes(layer) };
}

function rfcOfOldest(chosen: Chosen[]): string {
  return chosen.map(({ image }) => image.config.created ?? '').sort()[0] ?? '';
}

function blobPath(digest: string): string {
  return `blobs/sha256/${encodedOf(digest)}`;
}

function directory(path: string, mtime: number): Uint8Array[] {
  return tarPieces({ path, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime });
}

function file(path: string, content: Uint8Array, mtime: number): Uint8Array[] {
  return tarPieces({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime, content });
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function concatLine(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes);
  out[bytes.length] = 0x0a;
  return out;
}
