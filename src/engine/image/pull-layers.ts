/**
 * Brings a manifest's layers here: three downloads at a time, unpacked bottom first. Layers that are here are not
 * fetched. When anything fails, downloads stop and nothing half-made is left (the caller lets go of the layers).
 * Source: moby distribution/xfer/download.go.
 */
import { Cancellation } from '../cancellation.ts';
import { EngineError, messageOf } from '../errors.ts';
import { shortId } from '../id.ts';
import { chainIdAbove } from '../oci/chain-id.ts';
import { digestOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { fullName } from '../oci/reference.ts';
import { decompressLayer } from './decompress.ts';
import { downloadBlob } from './download.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';
import type { ProgressSink } from './progress.ts';
import type { BlobStream, RegistryClient } from './registry-client.ts';

export interface LayerPull {
  images: Images;
  client: RegistryClient;
  /** Bottom first. */
  descriptors: readonly Descriptor[];
  /** What the image's configuration says the layers are; rejects when that could not be fetched. */
  diffIds: Promise<readonly string[]>;
  progress: ProgressSink;
  cancellation: Cancellation;
  /** Told of each layer as soon as it is here, so that it is not collected meanwhile. */
  hold: (layer: Layer) => void;
}

export async function pullLayers(pull: LayerPull): Promise<void> {
  const { descriptors, images, progress } = pull;
  const present = await presentLayers(pull);
  let top = present.at(-1)?.chainId;
  const missing = descriptors.slice(present.length);
  const stop = new Cancellation();
  const stopListening = pull.cancellation.onCancel(() => stop.cancel());
  const downloads = startDownloads(pull, missing, stop);
  try {
    const diffIds = await pull.diffIds;
    if (diffIds.length !== descriptors.length) throw mismatch();
    if (present.some((layer, i) => layer.diffId !== diffIds[i])) throw mismatch();
    for (const [i, descriptor] of missing.entries()) {
      const blob = await downloads[i]!;
      const layer = await unpack(pull, descriptor, blob, top, diffIds[present.length + i]!);
      images.blobs.add(layer.diffId, descriptor.digest, descriptor.size, fullName(pull.client.repository));
      top = layer.chainId;
      if (missing.findIndex((other) => other.digest === descriptor.digest) === i)
        progress({ kind: 'action', id: shortId(descriptor.digest), action: 'Pull complete' });
    }
  } finally {
    stopListening();
    stop.cancel();
    await Promise.allSettled(downloads);
  }
}

/** The layers at the bottom that are here already. */
async function presentLayers({ images, descriptors, progress, hold }: LayerPull): Promise<Layer[]> {
  const present: Layer[] = [];
  for (const { digest } of descriptors) {
    const diffId = images.blobs.diffIdOf(digest);
    if (diffId === undefined) break;
    const below = present.at(-1)?.chainId;
    const layer = images.layers.get(below === undefined ? diffId : await chainIdAbove(images.ports.crypto, below, diffId));
    if (!layer) break;
    hold(layer);
    present.push(layer);
    progress({ kind: 'action', id: shortId(digest), action: 'Already exists' });
  }
  return present;
}

/** One download per different blob, as many at a time as the node allows. */
function startDownloads(
  { images, client, progress }: LayerPull,
  missing: readonly Descriptor[],
  cancellation: Cancellation,
): Promise<Uint8Array>[] {
  const { crypto, clock } = images.ports;
  const byDigest = new Map<string, Promise<Uint8Array>>();
  for (const descriptor of missing) {
    if (byDigest.has(descriptor.digest)) continue;
    progress({ kind: 'action', id: shortId(descriptor.digest), action: 'Pulling fs layer' });
    const waits = images.downloadSlots.busy;
    const fetch = (offset: number): Promise<BlobStream> => client.blob(descriptor.digest, offset);
    const download = images.downloadSlots.run(() => downloadBlob({ fetch, descriptor, crypto, clock, progress, cancellation }));
    if (waits) progress({ kind: 'action', id: shortId(descriptor.digest), action: 'Waiting' });
    // Looked at in order; one that fails early is not unhandled.
    download.catch(() => {});
    byDigest.set(descriptor.digest, download);
  }
  return missing.map(({ digest }) => byDigest.get(digest)!);
}

async function unpack(
  { images, progress, cancellation, hold }: LayerPull,
  descriptor: Descriptor,
  blob: Uint8Array,
  below: string | undefined,
  diffId: string,
): Promise<Layer> {
  cancellation.check();
  const { crypto, compression } = images.ports;
  const extracting = (current: number): void => {
    progress({ kind: 'action', id: shortId(descriptor.digest), action: 'Extracting', current, total: descriptor.size });
  };
  extracting(Math.min(32768, descriptor.size));
  try {
    const tar = await decompressLayer(compression, blob);
    extracting(descriptor.size);
    const actual = await digestOf(crypto, tar);
    cancellation.check();
    // Not kept under a name that the configuration does not know.
    if (actual !== diffId) throw mismatch();
    const layer = await images.addLayer(tar, below, actual);
    hold(layer);
    images.release(layer.chainId);
    return layer;
  } catch (error) {
    if (error instanceof EngineError && (error.kind === 'cancelled' || error.message === mismatchText)) throw error;
    throw new EngineError('unknown', `failed to register layer: ${messageOf(error)}`, { cause: error });
  }
}

const mismatchText = "layers from manifest don't match image configuration";

function mismatch(): EngineError {
  return new EngineError('unknown', mismatchText);
}
