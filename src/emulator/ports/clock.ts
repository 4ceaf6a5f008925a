/** The host's clock and timers, as the engine takes them. */
import type { Clock } from '#engine/clock.ts';

/** `setTimeout` waits at most this long; longer waits are made of several. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  // Date.now has whole milliseconds; events of one millisecond would not be in order.
  now: () => performance.timeOrigin + performance.now(),

  after(ms, action) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      timer = setTimeout(() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : action()), Math.min(left, LONGEST_MS));
    };
    wait(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
