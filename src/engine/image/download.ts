/**
 * Fetches one layer's blob and verifies it. Transfers that break are tried again, as Docker does; what was
 * fetched of them is thrown away.
 * Source: moby distribution/xfer and pull_v2.go.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
import { digestOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { ByteProgress, type ProgressSink } from './progress.ts';

/** Larger layers are refused: a tab has to hold them. */
export const maxBlobBytes = 512 << 20;
const maxAttempts = 5;

export interface DownloadOptions {
  fetch: () => Promise<AsyncIterable<Uint8Array>>;
  descriptor: Descriptor;
  crypto: Crypto;
  clock: Clock;
  progress: ProgressSink;
  cancellation: Cancellation;
}

export async function downloadBlob(options: DownloadOptions): Promise<Uint8Array> {
  const { descriptor, progress, cancellation } = options;
  if (descriptor.size > maxBlobBytes) {
    throw new EngineError(
      'invalid-parameter',
      `layer ${descriptor.digest} is too large: ${descriptor.size} bytes, at most ${maxBlobBytes}`,
    );
  }
  for (let attempt = 1; ; attempt++) {
    cancellation.check();
    let bytes: Uint8Array;
    try {
      bytes = await transfer(options);
    } catch (error) {
      cancellation.check();
      if (!isWorthRetrying(error) || attempt >= maxAttempts) throw error;
      await waitToRetry(options, attempt * 5);
      continue;
    }
    const id = shortId(descriptor.digest);
    progress({ kind: 'action', id, action: 'Verifying Checksum' });
    if ((await digestOf(options.crypto, bytes)) !== descriptor.digest) {
      throw new EngineError('unknown', `filesystem layer verification failed for digest ${descriptor.digest}`);
    }
    progress({ kind: 'action', id, action: 'Download complete' });
    return bytes;
  }
}

/** Reads a blob of at most the size it should have; a byte more is enough to know that it is another. */
async function transfer({ fetch, descriptor, clock, progress, cancellation }: DownloadOptions): Promise<Uint8Array> {
  const chunks = (await fetch())[Symbol.asyncIterator]();
  const stopListening = cancellation.onCancel(() => void chunks.return?.());
  try {
    const count = new ByteProgress(progress, () => clock.now(), shortId(descriptor.digest), 'Downloading', descriptor.size);
    const bytes = new Uint8Array(descriptor.size + 1);
    let length = 0;
    for (;;) {
      const next = await chunks.next();
      cancellation.check();
      if (next.done) return bytes.subarray(0, length);
      const chunk = next.value.subarray(0, bytes.length - length);
      bytes.set(chunk, length);
      length += chunk.length;
      count.add(chunk.length);
      if (length > descriptor.size) {
        await chunks.return?.();
        return bytes;
      }
    }
  } finally {
    stopListening();
  }
}

/** A registry that said no will say it again. */
function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof EngineError) || error.kind === 'unavailable' || error.kind === 'data-loss';
}

async function waitToRetry({ descriptor, clock, progress, cancellation }: DownloadOptions, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    progress({ kind: 'action', id: shortId(descriptor.digest), action: `Retrying in ${left} second${left === 1 ? '' : 's'}` });
    await new Promise<void>((resolve) => {
      const stop = clock.after(1000, done);
      const stopListening = cancellation.onCancel(done);
      function done(): void {
        stop();
        stopListening();
        resolve();
      }
    });
    cancellation.check();
  }
}
