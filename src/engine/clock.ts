/**
 * The engine's only source of time. The app gives it the real clock, tests a virtual one
 * (`VirtualClock`) that moves when told to.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may have a fraction (Docker's times carry nanoseconds). */
  now(): number;
  /** Calls `action` once, `ms` milliseconds from now; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** A clock for tests: starts where told and moves only through `advance`. */
export class VirtualClock implements Clock {
  #now: number;
  #timers: { due: number; order: number; action: () => void }[] = [];
  #order = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, ms), order: this.#order++, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves time forward and runs what falls due, in order, letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.due);
      next.action();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets pending promise reactions run. The count covers the longest await chain of engine and fake programs. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}
