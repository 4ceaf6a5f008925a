/**
 * Images that stages stand on: those that are here, else pulled, each asked for once per build.
 */
import { Cancellation } from '../cancellation.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Image } from '../image/image-store.ts';
import type { Images } from '../image/images.ts';
import { hostPlatform } from '../image/platform.ts';
import { pullImage } from '../image/pull.ts';
import type { RegistryCredentials } from '../image/registry-credentials.ts';
import { platformText, type Platform } from '../oci/manifest.ts';
import { fullString, parseNormalizedNamed, tagNameOnly, type Reference } from '../oci/reference.ts';
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

export class Bases {
  readonly #images: Images;
  readonly #request: BasesRequest;
  readonly #found = new Map<string, Promise<Image>>();
  /** Layers of the images, which may be removed while the build goes on. */
  readonly #held: string[] = [];
  /** Ends pulls that the build does not wait for any more. */
  readonly #stop = new Cancellation();
  readonly #stopListening: () => void;

  constructor(images: Images, request: BasesRequest) {
    this.#images = images;
    this.#request = request;
    this.#stopListening = request.cancellation.onCancel(() => this.#stop.cancel());
  }

  /** Ends pulls that still run and lets go of the images. */
  async release(): Promise<void> {
    this.#stopListening();
    this.#stop.cancel();
    await Promise.allSettled(this.#found.values());
    for (const chainId of this.#held.splice(0)) this.#images.release(chainId);
  }

  /** @throws EngineError `docker.io/library/nosuch:latest: …`, as BuildKit says it */
  image(name: string, platform: Platform): Promise<Image> {
    const key = `${name} ${platformText(platform)}`;
    const known = this.#found.get(key) ?? this.#load(name, platform);
    this.#found.set(key, known);
    return known;
  }

  async #load(name: string, platform: Platform): Promise<Image> {
    const { progress, pull } = this.#request;
    const reference = tagNameOnly(parseNormalizedNamed(name));
    const digest = await textDigest(this.#images.ports.crypto, `metadata ${name} ${progress.now}`);
    return progress.step(digest, `[internal] load metadata for ${fullString(reference)}`, async (step) => {
      const local = this.#images.find(name);
      if (local && !pull && fits(local, platform)) return this.#hold(local);
      try {
        await this.#pull(reference, platform, step);
        return this.#hold(this.#images.resolve(name));
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        throw new EngineError(error.kind, `failed to resolve source metadata for ${fullString(reference)}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    });
  }

  #hold(image: Image): Image {
    const top = image.layers.at(-1)?.chainId;
    if (top !== undefined) {
      this.#images.hold(top);
      this.#held.push(top);
    }
    return image;
  }

  async #pull(reference: Reference, platform: Platform, step: Step): Promise<void> {
    const { credentials } = this.#request;
    const statuses = new Map<string, ReturnType<Step['status']>>();
    const isHost = platformText(platform) === platformText(hostPlatform);
    await pullImage(this.#images, {
      reference,
      ...(isHost ? {} : { platform }),
      credentials: credentials(reference),
      cancellation: this.#stop,
      progress: (told) => {
        if (told.kind !== 'action') return;
        const status = statuses.get(told.id) ?? step.status(told.id, { name: told.id });
        statuses.set(told.id, status);
        if (told.action === 'Pull complete' || told.action === 'Already exists') status.done();
        else if (told.current !== undefined) status.update(told.current, told.total);
      },
    });
  }
}

function fits({ config }: Image, platform: Platform): boolean {
  return config.os === platform.os && config.architecture === platform.architecture;
}
