/**
 * `docker pull`: a tag, a digest, or every tag of a repository, each brought here and named. All or nothing per image.
 * Source: moby distribution/pull_v2.go.
 */
import type { Cancellation } from '../cancellation.ts';
import { EngineError } from '../errors.ts';
import { platformText, type Manifest, type Platform } from '../oci/manifest.ts';
import { familiarName, familiarString, fullString, isNameOnly, trimNamed, withDigest, withTag, type Reference } from '../oci/reference.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import { hostPlatform } from './platform.ts';
import type { ProgressSink } from './progress.ts';
import { RegistryClient } from './registry-client.ts';
import type { RegistryCredentials } from './registry-credentials.ts';
import { manifestFor, pullContent } from './remote-image.ts';

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
    const image = await this.#image(await manifestFor(this.client, manifest, reference, this.#request.platform ?? hostPlatform));
    progress({ kind: 'message', text: `Digest: ${digest}` });
    return this.#name(reference, digest, image);
  }

  async #image(manifest: Manifest): Promise<Image> {
    const images = this.#images;
    const known = images.store.get(manifest.config.digest);
    if (known) return known;
    const { progress, cancellation } = this.#request;
    return pullContent({ images, client: this.client, manifest, progress, cancellation }, (config) => images.store.create(config));
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
