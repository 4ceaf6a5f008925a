/** Who waits for a container to end or to be removed. */

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

export interface WaitResult {
  exitCode: number;
  /** Why the container could not start, when it could not. */
  error: string;
}

interface Waiter {
  condition: WaitCondition;
  resolve: (result: WaitResult) => void;
}

export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /** Resolves when the condition comes true next; `cancel` forgets it. */
  add(condition: WaitCondition): { result: Promise<WaitResult>; cancel: () => void } {
    let waiter: Waiter | undefined;
    const result = new Promise<WaitResult>((resolve) => this.#waiting.add((waiter = { condition, resolve })));
    return { result, cancel: () => void this.#waiting.delete(waiter as Waiter) };
  }

  /** The container ended, or ended and will be restarted. */
  stopped(result: WaitResult): void {
    this.#notify(result, (waiter) => waiter.condition !== 'removed');
  }

  /** The container is gone: nobody has anything to wait for any more. */
  removed(result: WaitResult): void {
    this.#notify(result, () => true);
  }

  get size(): number {
    return this.#waiting.size;
  }

  #notify(result: WaitResult, wanted: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiting].filter(wanted)) {
      this.#waiting.delete(waiter);
      waiter.resolve(result);
    }
  }
}
