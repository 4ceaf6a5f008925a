/**
 * A queue between one writer and one reader, for streams that must end at once when the reader leaves (an
 * async generator would wait for its next value first). The writer may look at `size` or wait in `write`, so that
 * every stream has a bound.
 */
export class Channel<T> implements AsyncIterable<T> {
  #values: T[] = [];
  #ended = false;
  #failure: { error: unknown } | undefined;
  #reader: { resolve: (result: IteratorResult<T, undefined>) => void; reject: (error: unknown) => void } | undefined;
  #writers: (() => void)[] = [];
  readonly #capacity: number;
  readonly #onClose: (() => void) | undefined;

  /** @param onClose called once when the reader leaves before the end */
  constructor(options: { capacity?: number; onClose?: () => void } = {}) {
    this.#capacity = options.capacity ?? 64;
    this.#onClose = options.onClose;
  }

  /** Values waiting to be read. */
  get size(): number {
    return this.#values.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a value without waiting. False when it was dropped: the channel is full or has ended. */
  push(value: T): boolean {
    if (this.#ended) return false;
    if (this.#reader) {
      const { resolve } = this.#reader;
      this.#reader = undefined;
      resolve({ value, done: false });
      return true;
    }
    if (this.#values.length >= this.#capacity) return false;
    this.#values.push(value);
    return true;
  }

  /** Adds a value as soon as there is room. False when the channel has ended. */
  async write(value: T): Promise<boolean> {
    await this.room();
    return this.push(value);
  }

  /** Resolves as soon as `push` would take a value. False when the channel has ended. */
  async room(): Promise<boolean> {
    while (!this.#ended && !this.#reader && this.#values.length >= this.#capacity) {
      await new Promise<void>((resolve) => this.#writers.push(resolve));
    }
    return !this.#ended;
  }

  /** No more values; what waits is still read, then `error` is thrown when one is given. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== undefined) this.#failure = { error };
    this.#wakeWriters();
    const reader = this.#reader;
    this.#reader = undefined;
    if (!reader) return;
    if (this.#failure) reader.reject(this.#failure.error);
    else reader.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#next(), return: () => this.#leave() };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) {
      const value = this.#values.shift() as T;
      this.#wakeWriters();
      return Promise.resolve({ value, done: false });
    }
    if (this.#failure) return Promise.reject(this.#failure.error as Error);
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
  }

  #leave(): Promise<IteratorResult<T, undefined>> {
    const early = !this.#ended;
    this.#values = [];
    this.#failure = undefined;
    this.end();
    if (early) this.#onClose?.();
    return Promise.resolve({ value: undefined, done: true });
  }

  #wakeWriters(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const wake of writers) wake();
  }
}
