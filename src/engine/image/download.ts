/**
 * Fetches one layer's blob and verifies it. A transfer that breaks is taken up where it broke, when the registry can do
 * that; memory is taken as bytes come, not as they are promised.
 * Source: moby distribution/xfer and pull_v2.go.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { GrowingBytes } from '../growing-bytes.ts';
import { shortId } from '../id.ts';
import { digestOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { ByteProgress, type ProgressSink } from './progress.ts';
import type { BlobStream } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import { withRetries } from './transfer-retry.ts';

/** Larger layers are refused: a tab has to hold them. */
export const maxBlobBytes = 512 << 20;

export interface DownloadOptions {
  /** Asks for the blob from an offset on. */
  fetch: (offset: number) => Promise<BlobStream>;
  descriptor: Descriptor;
  crypto: Crypto;
  clock: Clock;
  progress: ProgressSink;
  cancellation: Cancellation;
}

export async function downloadBlob(options: DownloadOptions): Promise<Uint8Array> {
  const { descriptor, progress, crypto } = options;
  if (descriptor.size > maxBlobBytes) {
    throw new EngineError(
      'invalid-parameter',
      `layer ${descriptor.digest} is too large: ${descriptor.size} bytes, at most ${maxBlobBytes}`,
    );
  }
  const id = shortId(descriptor.digest);
  // A byte more than expected tells that it is another blob.
  const received = new GrowingBytes(descriptor.size + 1);
  return withRetries({ ...options, id }, async () => {
    const resumed = received.length > 0;
    await transfer(options, received);
    progress({ kind: 'action', id, action: 'Verifying Checksum' });
    const bytes = received.bytes();
    if ((await digestOf(crypto, bytes)) !== descriptor.digest) {
      received.clear();
      // The parts of a transfer that was resumed may be of different blobs.
      throw new RegistryError('unknown', '', `filesystem layer verification failed for digest ${descriptor.digest}`, !resumed);
    }
    progress({ kind: 'action', id, action: 'Download complete' });
    return bytes;
  });
}

/** Reads a blob to its end, or to a byte more than it should have: enough to know that it is another. */
async function transfer({ fetch, descriptor, clock, progress, cancellation }: DownloadOptions, received: GrowingBytes): Promise<void> {
  const { offset, chunks: stream } = await fetch(received.length);
  if (offset !== received.length) received.clear();
  const chunks = stream[Symbol.asyncIterator]();
  const stopListening = cancellation.onCancel(() => void chunks.return?.());
  try {
    const count = new ByteProgress(
      progress,
      () => clock.now(),
      shortId(descriptor.digest),
      'Downloading',
      descriptor.size,
      received.length,
    );
    for (;;) {
      const next = await chunks.next();
      cancellation.check();
      if (next.done) return;
      count.add(received.append(next.value));
      if (received.length > descriptor.size) {
        await chunks.return?.();
        return;
      }
    }
  } finally {
    stopListening();
  }
}
