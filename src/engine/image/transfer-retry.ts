/**
 * Tries a transfer of a layer again when it broke, as Docker does: five times, waiting 5 seconds longer each time and
 * counting them down. What a registry refused for good is not tried again.
 * Source: moby distribution/xfer.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import type { ProgressSink } from './progress.ts';
import { RegistryError } from './registry-error.ts';

const maxAttempts = 5;
const secondsMore = 5;

export interface RetryOptions {
  /** The layer, as progress names it. */
  id: string;
  clock: Clock;
  progress: ProgressSink;
  cancellation: Cancellation;
}

export async function withRetries<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { cancellation } = options;
  for (let attempt = 1; ; attempt++) {
    cancellation.check();
    try {
      return await work();
    } catch (error) {
      cancellation.check();
      if (attempt >= maxAttempts || !isWorthRetrying(error)) throw error;
      await countDown(options, attempt * secondsMore);
    }
  }
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof RegistryError) return !error.isFinal;
  return !(error instanceof EngineError) || error.kind === 'unavailable' || error.kind === 'data-loss';
}

async function countDown({ id, clock, progress, cancellation }: RetryOptions, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    progress({ kind: 'action', id, action: `Retrying in ${left} second${left === 1 ? '' : 's'}` });
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
