/** The host's clock and timers, as the engine takes them. */
import type { Clock } from '#engine/clock.ts';

/** `setTimeout` waits at most this long; longer waits are made of several. */
const LONGEST_MS = 2 ** 31 - 1;
/** The two clocks of a host may differ by this much before the finer one is set anew. */
const TOLERANCE_MS = 50;

/** What has to be added to the fine clock, which some hosts stop while the computer sleeps. */
let offsetMs = Date.now() - performance.now();

export const systemClock: Clock = {
  // Date.now alone has whole milliseconds: events of one millisecond would not be in order.
  now() {
    const fineMs = performance.now();
    const coarseMs = Date.now();
    if (Math.abs(offsetMs + fineMs - coarseMs) > TOLERANCE_MS) offsetMs = coarseMs - fineMs;
    return offsetMs + fineMs;
  },

  after(ms, action) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      timer = setTimeout(() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : action()), Math.min(left, LONGEST_MS));
    };
    wait(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
