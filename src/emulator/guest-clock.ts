/**
 * Keeps the guest's clock with the host's. It runs by itself as long as the host does; after the computer
 * has slept, or somebody has set its clock, it is set again.
 */
import type { AgentClient } from './agent/client.ts';
import { setTime } from './agent/ops.ts';
import { systemClock } from './ports/clock.ts';

const CHECK_MS = 5000;
/** Smaller differences are left alone: programs do not like a clock that jumps. */
const TOLERANCE_MS = 1000;

export class GuestClock {
  /** Time of day minus running time, as it was when the guest's clock was set. */
  #offsetMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly agent: AgentClient) {}

  async set(): Promise<void> {
    this.#offsetMs = offset();
    await this.agent.run({ node: 0 }, setTime(systemClock.now()));
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (Math.abs(offset() - this.#offsetMs) > TOLERANCE_MS) this.set().catch(() => {});
    }, CHECK_MS);
    // Under Node a waiting timer keeps the process alive.
    if (typeof this.#timer === 'object') this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function offset(): number {
  return systemClock.now() - performance.now();
}
