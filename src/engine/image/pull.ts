/**
 * `docker pull`: a tag, a digest, or every tag of a repository. Chooses from an index what runs here, brings
 * configuration and layers, and names the image. All or nothing per image.
 * Source: moby distribution/pull_v2.go.
 */
import type { Cancellation } from '../cancellation.ts';
import { EngineError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { matching, mediaTypes, platformText, type Descriptor, type Index, type Manifest, type Platform } from '../oci/manifest.ts';
import { familiarName, familiarString, fullString, isNameOnly, trimNamed, withDigest, withTag, type Reference } from '../oci/reference.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';
import { hostPlatform } from './platform.ts';
import type { ProgressSink } from './progress.ts';
import { pullLayers } from './pull-layers.ts';
import { RegistryClient } from './registry-client.ts';
import type { RegistryCredentials } from './registry-credentials.ts';

export interface PullRequest {
  /** Without tag and digest: every tag of the repository. */
  reference: Reference;
  platform?: Platform | undefined;
  credentials?: RegistryCredentials | undefined;
  progress: ProgressSink;
  cancellation: Cancellation;
}

export async function pullImage(images: Images, request: PullRequest): Promise<void> {
  const { reference, progress } = request;
  if (familiarName(reference) === 'scratch') throw new EngineError('forbidden', "'scratch' is a reserved name");
  const pull = new Pull(images, request);
  let changed = false;
  if (isNameOnly(reference)) {
    for (const tag of await pull.client.tags()) changed = (await pull.one(withTag(reference, tag))) || changed;
  } else changed = await pull.one(reference);
  const shown = familiarString(reference);
  progress({ kind: 'message', text: changed ? `Status: Downloaded newer image for ${shown}` : `Status: Image is up to date for ${shown}` });
  const image = images.find(shown);
  images.ports.events.log('image', 'pull', shown, { ...image?.config.config?.Labels, name: familiarName(reference) });
  if (request.platform && image) warnOfPlatform(image, shown, request.platform, progress);
}

class Pull {
  readonly client: RegistryClient;
  readonly #images: Images;
  readonly #request: PullRequest;

  constructor(images: Images, request: PullRequest) {
    this.client = new RegistryClient(images.ports, request.reference, request);
    this.#images = images;
    this.#request = request;
  }

  /** Pulls one image; true when its name is new or stands for another image than before. */
  async one(reference: Reference): Promise<boolean> {
    const { progress } = this.#request;
    const { manifest, digest } = await this.client.manifest(reference);
    const id = reference.digest === undefined ? reference.tag! : fullString(reference);
    progress({ kind: 'message', id, text: `Pulling from ${reference.path}` });
    const image = await this.#image(manifest, reference);
    progress({ kind: 'message', text: `Digest: ${digest}` });
    return this.#name(reference, digest, image);
  }

  async #image(manifest: Manifest | Index, reference: Reference, depth = 0): Promise<Image> {
    if (manifest.kind === 'manifest') return this.#fromManifest(manifest);
    const platform = this.#request.platform ?? hostPlatform;
    const chosen = matching(manifest, platform)[0];
    if (!chosen || depth > 1)
      throw new EngineError('unknown', `no matching manifest for ${platformText(platform)} in the manifest list entries`);
    const inner = await this.client.manifest(withDigest(trimNamed(reference), chosen.digest), reference);
    return this.#image(inner.manifest, reference, depth + 1);
  }

  async #fromManifest({ config, layers, mediaType }: Manifest): Promise<Image> {
    const images = this.#images;
    const known = images.store.get(config.digest);
    if (known) return known;
    checkMediaTypes(mediaType, config, layers);
    const held: Layer[] = [];
    const configBytes = this.client.config(config);
    const parsed = configBytes.then(parseImageConfig);
    parsed.catch(() => {});
    try {
      await pullLayers({
        images,
        client: this.client,
        descriptors: layers,
        diffIds: parsed.then((file) => file.rootfs.diff_ids),
        progress: this.#request.progress,
        cancellation: this.#request.cancellation,
        hold: (layer) => {
          images.hold(layer.chainId);
          held.push(layer);
        },
      });
      checkOperatingSystem((await parsed).os);
      return await images.store.create(await configBytes);
    } finally {
      for (const layer of held) images.release(layer.chainId);
      images.collectLayers();
    }
  }

  #name(reference: Reference, digest: string, image: Image): boolean {
    const { references } = this.#images;
    const before = references.get(reference);
    const byDigest = withDigest(trimNamed(reference), digest);
    if (references.get(byDigest) === undefined) references.add(byDigest, image.id);
    if (before === image.id) return false;
    if (reference.digest === undefined) references.add(reference, image.id);
    return true;
  }
}

const configTypes: readonly string[] = [mediaTypes.dockerConfig, mediaTypes.ociConfig, 'application/octet-stream', 'text/html', ''];

function checkMediaTypes(manifestType: string, config: Descriptor, layers: readonly Descriptor[]): void {
  if (!configTypes.includes(config.mediaType)) {
    const docker = manifestType === mediaTypes.dockerManifest;
    throw new EngineError(
      'invalid-parameter',
      docker
        ? `Encountered remote ${JSON.stringify(config.mediaType)}(unknown) when fetching`
        : `unsupported media type ${config.mediaType}`,
    );
  }
  const strange = layers.find(({ mediaType }) => !/^application\/vnd\.(oci\.image|docker)\./.test(mediaType));
  if (strange) throw new EngineError('invalid-parameter', `unsupported media type ${strange.mediaType}`);
}

function checkOperatingSystem(os: string): void {
  if (os !== '' && os !== 'linux') throw new EngineError('invalid-parameter', 'operating system is not supported');
}

/** A single image is taken whatever it was made for, and Docker says so. */
function warnOfPlatform(image: Image, shown: string, wanted: Platform, progress: ProgressSink): void {
  const { os, architecture, variant } = image.config;
  const has = { os: os || 'linux', architecture, variant };
  if (platformText(has) === platformText(wanted) || (has.os === wanted.os && architecture === wanted.architecture && !variant)) return;
  progress({
    kind: 'message',
    text: `WARNING: image with reference ${shown} was found but its platform (${platformText(has)}) does not match the specified platform (${platformText(wanted)})`,
  });
}
