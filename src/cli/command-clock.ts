/** A command's time: what it still waits for when it ends never comes, as nothing of a process goes on after its end. */
import type { Clock } from '#engine/clock.ts';

export class CommandClock implements Clock {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, action: () => void): () => void {
    if (this.#hasEnded) return () => {};
    const cancel = this.#clock.after(ms, () => {
      this.#waiting.delete(cancel);
      action();
    });
    this.#waiting.add(cancel);
    return () => {
      this.#waiting.delete(cancel);
      cancel();
    };
  }

  end(): void {
    this.#hasEnded = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
  }
}
