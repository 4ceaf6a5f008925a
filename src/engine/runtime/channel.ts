/**
 * A bounded queue between a writer and a reader that run at their own pace. Writers wait while more
 * than the limit is queued, so a slow reader slows the writer instead of filling memory.
 */

export class Channel<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #queued = 0;
  #closed = false;
  #abandoned = false;
  #waitingReaders: (() => void)[] = [];
  #waitingWriters: (() => void)[] = [];

  constructor(
    /** What may be queued before writers wait, in the unit of `size`. */
    readonly limit: number,
    readonly size: (item: T) => number,
  ) {}

  /** Queues an item; resolves when there is room for the next. After `close` or when nobody reads any more, the item is dropped. */
  push(item: T): Promise<void> {
    if (this.#closed || this.#abandoned) return Promise.resolve();
    this.#items.push(item);
    this.#queued += this.size(item);
    release(this.#waitingReaders);
    return this.#roomOrEnd();
  }

  /** No more items come; what is queued can still be read. */
  close(): void {
    this.#closed = true;
    release(this.#waitingReaders);
    release(this.#waitingWriters);
  }

  /** Nobody reads any more: drops what is queued and lets writers go on. */
  abandon(): void {
    this.#abandoned = true;
    this.#items = [];
    this.#queued = 0;
    release(this.#waitingReaders);
    release(this.#waitingWriters);
  }

  /** Bytes (or items) waiting to be read. */
  get queued(): number {
    return this.#queued;
  }

  /** True once no writer need care: closed, or the reader went away. */
  get ended(): boolean {
    return this.#closed || this.#abandoned;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#queued -= this.size(item);
          if (this.#queued <= this.limit) release(this.#waitingWriters);
          yield item;
        } else if (this.#closed || this.#abandoned) {
          return;
        } else {
          await new Promise<void>((resolve) => this.#waitingReaders.push(resolve));
        }
      }
    } finally {
      this.abandon();
    }
  }

  async #roomOrEnd(): Promise<void> {
    while (this.#queued > this.limit && !this.ended) {
      await new Promise<void>((resolve) => this.#waitingWriters.push(resolve));
    }
  }
}

/** A channel of byte chunks, limited in bytes. */
export function byteChannel(limitBytes: number): Channel<Uint8Array> {
  return new Channel(limitBytes, (chunk) => chunk.length);
}

function release(waiting: (() => void)[]): void {
  for (const wake of waiting.splice(0)) wake();
}
