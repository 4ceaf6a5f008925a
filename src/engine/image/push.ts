/**
 * `docker push`: a tag, or every tag of a repository. Layers go first, five at a time, then the configuration, then a
 * manifest that names them, so that nothing in the registry ever names what is not there.
 * Source: moby distribution/push.go and push_v2.go.
 */
import { Cancellation } from '../cancellation.ts';
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes, platformText, type Descriptor, type Platform } from '../oci/manifest.ts';
import { familiarName, familiarString, fullName, isNameOnly, trimNamed, withDigest, type Reference } from '../oci/reference.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import type { PushProgress } from './progress.ts';
import { pushLayer } from './push-layer.ts';
import { RegistryClient } from './registry-client.ts';
import type { RegistryCredentials } from './registry-credentials.ts';
import { BlobUpload } from './registry-upload.ts';

export interface PushRequest {
  /** Without tag: every tag of the repository. */
  reference: Reference;
  /** What the image must be made for. */
  platform?: Platform | undefined;
  credentials?: RegistryCredentials | undefined;
  progress: (progress: PushProgress) => void;
  cancellation: Cancellation;
}

export async function pushImage(images: Images, request: PushRequest): Promise<void> {
  const { reference, progress, platform } = request;
  if (platform) checkPlatform(images, reference, platform);
  const repository = trimNamed(reference);
  progress({ kind: 'message', text: `The push refers to repository [${fullName(repository)}]` });
  if (images.references.inRepository(reference).length === 0)
    throw new EngineError('unknown', `An image does not exist locally with the tag: ${familiarName(reference)}`);
  const push = new Push(images, request);
  await push.client.ping();
  for (const { tagged, image } of taggedImages(images, reference)) await push.one(tagged, image);
  images.ports.events.log('image', 'push', familiarString(reference), { ...labelsOf(images, reference), name: familiarName(repository) });
}

/** What is to be pushed, in the order of the tags. */
function taggedImages(images: Images, reference: Reference): { tagged: Reference & { tag: string }; image: Image }[] {
  const all = images.references.inRepository(reference);
  const imageOf = (tagged: Reference, id: string): Image => {
    const image = images.store.get(id);
    if (!image) throw new EngineError('unknown', `could not find image from tag ${familiarString(tagged)}: image does not exist`);
    return image;
  };
  if (reference.digest !== undefined) throw new EngineError('unknown', 'cannot push a digest reference');
  const { tag } = reference;
  if (tag !== undefined) {
    const id = images.references.get(reference);
    if (id === undefined) throw new EngineError('unknown', `tag does not exist: ${familiarString(reference)}`);
    return [{ tagged: { ...reference, tag }, image: imageOf(reference, id) }];
  }
  const tags = all.flatMap(({ reference: named, imageId }) =>
    named.tag === undefined ? [] : [{ tagged: { ...named, tag: named.tag }, image: imageOf(named, imageId) }],
  );
  if (tags.length === 0) throw new EngineError('unknown', `no tags to push for ${familiarName(reference)}`);
  return tags.sort((a, b) => (a.tagged.tag < b.tagged.tag ? -1 : 1));
}

class Push {
  readonly #images: Images;
  readonly #request: PushRequest;
  readonly client: RegistryClient;
  /** Blobs that the registry has, by diffID. */
  readonly #pushed = new Map<string, Descriptor>();

  constructor(images: Images, request: PushRequest) {
    this.#images = images;
    this.#request = request;
    this.client = this.#clientFor(request.cancellation);
  }

  async one(reference: Reference & { tag: string }, image: Image): Promise<void> {
    const { progress } = this.#request;
    const images = this.#images;
    const top = image.layers.at(-1)?.chainId;
    if (top !== undefined) images.hold(top);
    try {
      await this.#layers(image);
      const config = await this.#config(image);
      const layers = image.layers.map(({ diffId }) => this.#pushed.get(diffId)!);
      const bytes = manifestBytes(config, layers);
      await this.client.putManifest(reference.tag, bytes, mediaTypes.dockerManifest);
      const digest = await digestOf(images.ports.crypto, bytes);
      progress({ kind: 'message', text: `${reference.tag}: digest: ${digest} size: ${bytes.length}` });
      const byDigest = withDigest(trimNamed(reference), digest);
      if (images.references.get(byDigest) === undefined && images.store.get(image.id)) images.references.add(byDigest, image.id);
      progress({ kind: 'pushed', tag: reference.tag, digest, sizeBytes: bytes.length });
    } finally {
      if (top !== undefined) images.release(top);
      images.collectLayers();
    }
  }

  /** Top first, as Docker names them. When one fails the others stop. */
  async #layers(image: Image): Promise<void> {
    const { progress, cancellation } = this.#request;
    const images = this.#images;
    const stop = new Cancellation();
    const stopListening = cancellation.onCancel(() => stop.cancel());
    const client = this.#clientFor(stop);
    const begun = new Map<string, Promise<void>>();
    try {
      const topFirst = image.layers.toReversed();
      for (const { diffId } of topFirst) progress({ kind: 'action', id: shortId(diffId), action: 'Preparing' });
      for (const layer of topFirst) {
        if (begun.has(layer.diffId)) continue;
        const id = shortId(layer.diffId);
        const waits = images.uploadSlots.busy;
        const work = images.uploadSlots.run(async () => {
          stop.check();
          if (this.#pushed.has(layer.diffId)) return progress({ kind: 'action', id, action: 'Layer already exists' });
          this.#pushed.set(layer.diffId, await pushLayer({ images, client, layer, progress, cancellation: stop }));
        });
        if (waits) progress({ kind: 'action', id, action: 'Waiting' });
        // Looked at in order; one that fails early is not unhandled.
        work.catch(() => {});
        begun.set(layer.diffId, work);
      }
      for (const work of begun.values()) await work;
    } finally {
      stopListening();
      stop.cancel();
      await Promise.allSettled(begun.values());
    }
  }

  async #config(image: Image): Promise<Descriptor> {
    const bytes = this.#images.store.configBytes(image);
    if ((await this.client.blobSize(image.id)) === undefined) await new BlobUpload(this.client, bytes, image.id).run(() => {});
    return { mediaType: mediaTypes.dockerConfig, size: bytes.length, digest: image.id };
  }

  #clientFor(cancellation: Cancellation): RegistryClient {
    const { reference, credentials } = this.#request;
    // A client of its own: what stops the layers must not stop what follows them.
    return new RegistryClient(this.#images.ports, reference, { credentials, actions: ['push', 'pull'], cancellation });
  }
}

/** The bytes that Docker makes of a manifest, so that the same image has the same digest. */
function manifestBytes(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  const inOrder = ({ mediaType, size, digest }: Descriptor): object => ({ mediaType, size, digest });
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: inOrder(config), layers: layers.map(inOrder) };
  return new TextEncoder().encode(JSON.stringify(manifest, undefined, 3));
}

function checkPlatform(images: Images, reference: Reference, wanted: Platform): void {
  const shown = familiarString(reference);
  const { os, architecture, variant } = images.resolve(shown).config;
  const has: Platform = { os: os || 'linux', architecture, variant };
  const fits =
    has.os === wanted.os && has.architecture === wanted.architecture && (!wanted.variant || !variant || variant === wanted.variant);
  if (fits) return;
  throw new EngineError(
    'not-found',
    `image with reference ${shown} was found but its platform (${platformText(has)}) does not match the specified platform (${platformText(wanted)})`,
  );
}

function labelsOf(images: Images, reference: Reference): Record<string, string> | null | undefined {
  return isNameOnly(reference) ? undefined : images.find(familiarString(reference))?.config.config?.Labels;
}
