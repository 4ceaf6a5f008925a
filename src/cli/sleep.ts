/** Waits on the environment's clock. */
import type { Clock } from '#engine/clock.ts';

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
