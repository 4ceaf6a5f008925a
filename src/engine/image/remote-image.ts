/**
 * An image in a registry: its manifest for a platform, then configuration and layers. What is made of them (a named
 * image, the base of a build) is the caller's.
 * Source: moby distribution/pull_v2.go.
 */
import type { Cancellation } from '../cancellation.ts';
import { EngineError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { matching, mediaTypes, platformText, type Descriptor, type Index, type Manifest, type Platform } from '../oci/manifest.ts';
import { trimNamed, withDigest, type Reference } from '../oci/reference.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';
import type { ProgressSink } from './progress.ts';
import { pullLayers } from './pull-layers.ts';
import type { RegistryClient } from './registry-client.ts';

/** The manifest itself, or the one of an index that is for the platform. */
export async function manifestFor(
  client: RegistryClient,
  manifest: Manifest | Index,
  reference: Reference,
  platform: Platform,
  depth = 0,
): Promise<Manifest> {
  if (manifest.kind === 'manifest') return manifest;
  const chosen = matching(manifest, platform)[0];
  if (!chosen || depth > 1)
    throw new EngineError('unknown', `no matching manifest for ${platformText(platform)} in the manifest list entries`);
  const inner = await client.manifest(withDigest(trimNamed(reference), chosen.digest), reference);
  return manifestFor(client, inner.manifest, reference, platform, depth + 1);
}

export interface ContentPull {
  images: Images;
  client: RegistryClient;
  manifest: Manifest;
  /** Fetched when it is not given. */
  configBytes?: Uint8Array;
  progress: ProgressSink;
  cancellation: Cancellation;
}

/**
 * Brings what a manifest names.
 *
 * @param use makes something of it that keeps the layers (bottom first); they may go once it has ended
 */
export async function pullContent<T>(
  { images, client, manifest, configBytes, progress, cancellation }: ContentPull,
  use: (configBytes: Uint8Array, layers: Layer[]) => Promise<T> | T,
): Promise<T> {
  checkMediaTypes(manifest);
  const held: Layer[] = [];
  const config = configBytes ? Promise.resolve(configBytes) : client.config(manifest.config);
  const parsed = config.then(parseImageConfig);
  parsed.catch(() => {});
  try {
    await pullLayers({
      images,
      client,
      descriptors: manifest.layers,
      diffIds: parsed.then((file) => file.rootfs.diff_ids),
      progress,
      cancellation,
      hold: (layer) => {
        images.hold(layer.chainId);
        held.push(layer);
      },
    });
    checkOperatingSystem((await parsed).os);
    return await use(await config, [...held]);
  } finally {
    for (const layer of held) images.release(layer.chainId);
    images.collectLayers();
  }
}

const configTypes: readonly string[] = [mediaTypes.dockerConfig, mediaTypes.ociConfig, 'application/octet-stream', 'text/html', ''];

function checkMediaTypes({ mediaType: manifestType, config, layers }: Manifest): void {
  if (!configTypes.includes(config.mediaType)) {
    const docker = manifestType === mediaTypes.dockerManifest;
    throw new EngineError(
      'invalid-parameter',
      docker
        ? `Encountered remote ${JSON.stringify(config.mediaType)}(unknown) when fetching`
        : `unsupported media type ${config.mediaType}`,
    );
  }
  const strange = layers.find(({ mediaType }: Descriptor) => !/^application\/vnd\.(oci\.image|docker)\./.test(mediaType));
  if (strange) throw new EngineError('invalid-parameter', `unsupported media type ${strange.mediaType}`);
}

function checkOperatingSystem(os: string): void {
  if (os !== '' && os !== 'linux') throw new EngineError('invalid-parameter', 'operating system is not supported');
}
