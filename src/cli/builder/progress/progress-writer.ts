/**
 * Shows a build's status documents as they come: at most ten times a second, and at least every 150 ms so that times
 * go on. A slow reader of the output slows the build down.
 */
import type { Clock } from '#engine/clock.ts';
import type { CliOutput } from '../../environment.ts';
import type { Display } from './display.ts';
import type { SolveStatus } from './solve-status.ts';

const MIN_REFRESH_MS = 100;
const TICK_MS = 150;

export class ProgressWriter {
  #lastRefreshMs = -Infinity;
  #cancelTick = (): void => {};
  /** What is under way to the output; of what goes wrong there the next call is told. */
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(
    readonly display: Display,
    readonly output: CliOutput,
    readonly clock: Clock,
  ) {}

  async update(status: SolveStatus): Promise<void> {
    this.#cancelTick();
    const now = this.clock.now();
    let text = this.display.update(status, now);
    if (now - this.#lastRefreshMs >= MIN_REFRESH_MS) {
      this.#lastRefreshMs = now;
      text += this.display.refresh(now);
    }
    this.#write(text);
    await this.#writing;
    this.#tickLater();
  }

  /** Shows how it ended. */
  async done(): Promise<void> {
    this.stop();
    this.#write(this.display.done(this.clock.now()));
    await this.#writing;
  }

  /** Shows nothing more. */
  stop(): void {
    this.#cancelTick();
  }

  #tickLater(): void {
    this.#cancelTick = this.clock.after(TICK_MS, () => {
      if (!this.#isWriting) this.#write(this.display.refresh(this.clock.now()));
      this.#tickLater();
    });
  }

  #write(text: string): void {
    if (text === '') return;
    this.#isWriting = true;
    this.#writing = this.#writing.then(() => this.output.write(text)).finally(() => (this.#isWriting = false));
    // Whoever waits is told.
    this.#writing.catch(() => {});
  }
}
