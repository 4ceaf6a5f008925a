/**
 * Images that stages stand on: those that are here, else the registry's. Its configuration is all that a plan needs; its
 * layers come when a stage begins. An image that only a build stands on gets no name here, as with BuildKit.
 * Source: BuildKit source/containerimage; moby builder/builder-next/adapters/containerimage.
 */
import { Cancellation } from '../cancellation.ts';
import { EngineError, messageOf } from '../errors.ts';
import { shortId } from '../id.ts';
import type { Images } from '../image/images.ts';
import type { Layer } from '../image/layer-store.ts';
import type { Progress, ProgressSink } from '../image/progress.ts';
import { RegistryClient } from '../image/registry-client.ts';
import type { RegistryCredentials } from '../image/registry-credentials.ts';
import { manifestFor, pullContent } from '../image/remote-image.ts';
import { parseImageConfig, type ImageConfigFile } from '../oci/image-config.ts';
import { platformText, type Manifest, type Platform } from '../oci/manifest.ts';
import { fullString, parseNormalizedNamed, tagNameOnly, withDigest, type Reference } from '../oci/reference.ts';
import type { BuildProgress, Step } from './build-progress.ts';
import { textDigest } from './checksum.ts';

export interface BasesRequest {
  /** Asks the registry even for images that are here. */
  pull: boolean;
  progress: BuildProgress;
  cancellation: Cancellation;
  /** For a registry, if the client sent some. */
  credentials: (reference: Reference) => RegistryCredentials | undefined;
}

export interface Base {
  config: ImageConfigFile;
  /** Of the manifest in the registry; undefined for an image that is here. */
  digest: string | undefined;
  /** Brings the layers, or finds them here, and keeps them until the build is over. */
  layers: (step: Step) => Promise<Layer[]>;
}

export class Bases {
  readonly #images: Images;
  readonly #request: BasesRequest;
  readonly #found = new Map<string, Promise<Base>>();
  /** Layers of the images, which may be removed while the build goes on. */
  readonly #held: string[] = [];
  /** Ends transfers that the build does not wait for any more. */
  readonly #stop = new Cancellation();
  readonly #stopListening: () => void;

  constructor(images: Images, request: BasesRequest) {
    this.#images = images;
    this.#request = request;
    this.#stopListening = request.cancellation.onCancel(() => this.#stop.cancel());
  }

  /** Ends transfers that still run and lets go of the images. */
  async release(): Promise<void> {
    this.#stopListening();
    this.#stop.cancel();
    await Promise.allSettled(this.#found.values());
    for (const chainId of this.#held.splice(0)) this.#images.release(chainId);
  }

  /** @throws EngineError `docker.io/library/nosuch:latest: …`, as BuildKit says it */
  base(name: string, platform: Platform): Promise<Base> {
    const key = keyOf(name, platform);
    const known = this.#found.get(key) ?? this.#find(name, platform);
    this.#found.set(key, known);
    return known;
  }

  async #find(name: string, platform: Platform): Promise<Base> {
    const { progress, pull } = this.#request;
    const reference = tagNameOnly(parseNormalizedNamed(name));
    const digest = await textDigest(this.#images.ports.crypto, `metadata ${name} ${progress.now}`);
    return progress.step(digest, `[internal] load metadata for ${fullString(reference)}`, async () => {
      const local = pull ? undefined : this.#local(name, platform);
      if (local) return local;
      try {
        return await this.#remote(reference, platform);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        throw new EngineError(error.kind, `failed to resolve source metadata for ${fullString(reference)}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    });
  }

  #local(name: string, platform: Platform): Base | undefined {
    const image = this.#images.find(name);
    if (!image || image.config.os !== platform.os || image.config.architecture !== platform.architecture) return undefined;
    this.#hold(image.layers);
    return { config: image.config, digest: undefined, layers: () => Promise.resolve(image.layers) };
  }

  async #remote(reference: Reference, platform: Platform): Promise<Base> {
    const images = this.#images;
    const cancellation = this.#stop;
    const client = new RegistryClient(images.ports, reference, { credentials: this.#request.credentials(reference), cancellation });
    const { manifest: found, digest } = await client.manifest(reference);
    const manifest = await manifestFor(client, found, reference, platform);
    const configBytes = await client.config(manifest.config);
    const config = parseImageConfig(configBytes);
    const shown = fullString(withDigest(reference, digest));
    const base: Base = {
      config,
      digest,
      layers: async (step) => {
        step.status(`resolve ${shown}`).done();
        const progress = transfers(step, manifest);
        return pullContent({ images, client, manifest, configBytes, progress, cancellation }, (_, layers) => {
          this.#hold(layers);
          return layers;
        });
      },
    };
    // The plan calls it by the digest from now on.
    this.#found.set(keyOf(shown, platform), Promise.resolve(base));
    return base;
  }

  #hold(layers: readonly Layer[]): void {
    const top = layers.at(-1)?.chainId;
    if (top === undefined) return;
    this.#images.hold(top);
    this.#held.push(top);
  }
}

function keyOf(name: string, platform: Platform): string {
  return `${name} ${platformText(platform)}`;
}

/** What comes of a layer, and that it is unpacked, as BuildKit shows it. */
function transfers(step: Step, { layers }: Manifest): ProgressSink {
  const digests = new Map(layers.map(({ digest }) => [shortId(digest), digest]));
  const running = new Map<string, ReturnType<Step['status']>>();
  const status = (id: string, counts: { total?: number } = {}): ReturnType<Step['status']> => {
    const known = running.get(id) ?? step.status(id, counts);
    running.set(id, known);
    return known;
  };
  return (told: Progress) => {
    const digest = told.kind === 'action' ? digests.get(told.id) : undefined;
    if (told.kind !== 'action' || digest === undefined) return;
    const extracting = `extracting ${digest}`;
    if (told.action === 'Downloading') status(digest, { total: told.total! }).update(told.current!, told.total);
    if (told.action === 'Download complete') status(digest).done();
    if (told.action === 'Extracting') status(extracting);
    if (told.action === 'Pull complete') status(extracting).done();
  };
}
