/**
 * `docker import`: makes an image of one layer from a root file system's tar.
 * Source: moby daemon/images/image_import.go.
 */
import { EngineError, messageOf } from '../errors.ts';
import type { ImageConfigFile, RunConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/manifest.ts';
import type { Reference } from '../oci/reference.ts';
import { rfc3339Nano } from '../time.ts';
import { decompressLayer } from './decompress.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import { hostPlatform } from './platform.ts';

export interface ImportImage {
  /** tar, plain or gzip. */
  archive: Uint8Array;
  reference?: Reference | undefined;
  message: string;
  /** What the image says about containers: an archive says nothing. */
  config: RunConfig;
  platform?: Platform | undefined;
  dockerVersion: string;
}

export async function importImage(
  images: Images,
  { archive, reference, message, config, platform = hostPlatform, dockerVersion }: ImportImage,
): Promise<Image> {
  if (platform.os !== 'linux') throw new EngineError('invalid-parameter', 'operating system is not supported');
  const layer = await unpack(images, archive);
  try {
    const created = rfc3339Nano(images.ports.clock.now());
    // Keys in the order of the alphabet, as Docker writes a configuration.
    const file: ImageConfigFile = {
      architecture: platform.architecture,
      ...(message && { comment: message }),
      config,
      created,
      docker_version: dockerVersion,
      history: [{ created, ...(message && { comment: message }) }],
      os: platform.os,
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      ...(platform.variant && { variant: platform.variant }),
    };
    const image = await images.store.create(new TextEncoder().encode(JSON.stringify(file)));
    if (reference) images.tag(image, reference);
    images.logEvent(image, 'import');
    return image;
  } finally {
    images.release(layer.chainId);
    images.collectLayers();
  }
}

async function unpack(images: Images, archive: Uint8Array): ReturnType<Images['addLayer']> {
  try {
    return await images.addLayer(await decompressLayer(images.ports.compression, archive), undefined);
  } catch (error) {
    if (error instanceof EngineError) throw new EngineError('unknown', messageOf(error), { cause: error });
    throw error;
  }
}
