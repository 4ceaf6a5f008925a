/**
 * What can be ended from outside: a fake process, or a child that its shell runs. Programs await
 * everything through `alive`, so that a kill unwinds them wherever they are, and a freeze holds them there.
 */

/** Unwinds a killed program. */
export class Killed extends Error {
  constructor(readonly signal: number) {
    super(`killed by signal ${signal}`);
  }
}

/** Holds everything in a container while it is paused. */
export class Gate {
  #closed = false;
  #waiting: (() => void)[] = [];

  close(): void {
    this.#closed = true;
  }

  open(): void {
    this.#closed = false;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async pass(): Promise<void> {
    while (this.#closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

export class Life {
  #killedBy: number | undefined;
  #listeners = new Set<(signal: number) => void>();
  /** What `trap` installed: signal number to action. */
  readonly handlers = new Map<number, () => void>();

  constructor(readonly gate: Gate) {}

  get killedBy(): number | undefined {
    return this.#killedBy;
  }

  kill(signal: number): void {
    if (this.#killedBy !== undefined) return;
    this.#killedBy = signal;
    for (const listener of [...this.#listeners]) listener(signal);
  }

  /** A life that ends with this one. */
  child(): Life {
    const child = new Life(this.gate);
    if (this.#killedBy !== undefined) child.kill(this.#killedBy);
    this.#listeners.add((signal) => child.kill(signal));
    return child;
  }

  /** The promise's outcome, or Killed as soon as this is killed; not before a pause is over. */
  async alive<T>(promise: Promise<T>, cancel?: () => void): Promise<T> {
    if (this.#killedBy !== undefined) throw new Killed(this.#killedBy);
    let stop = (): void => undefined;
    const killed = new Promise<never>((_, reject) => {
      const listener = (signal: number): void => {
        cancel?.();
        reject(new Killed(signal));
      };
      this.#listeners.add(listener);
      stop = () => this.#listeners.delete(listener);
    });
    try {
      const value = await Promise.race([promise, killed]);
      await Promise.race([this.gate.pass(), killed]);
      return value;
    } finally {
      stop();
    }
  }
}
