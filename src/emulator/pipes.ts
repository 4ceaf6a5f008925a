/**
 * Byte streams over a message port, both ways, any number at once: chunks are transferred, not copied
 * by the browser, and a sender waits while a window's worth is unacknowledged, so that neither a slow page
 * nor a slow guest lets memory grow.
 */
import { Channel } from '#engine/channel.ts';
import { EngineError } from '#engine/errors.ts';

export type PipeMessage =
  | { kind: 'data'; pipe: number; bytes: Uint8Array }
  | { kind: 'ack'; pipe: number; count: number }
  | { kind: 'end'; pipe: number; error?: string }
  /** The receiver wants no more. */
  | { kind: 'cancel'; pipe: number };

/** Unacknowledged bytes after which a sender waits. */
const WINDOW_BYTES = 1024 * 1024;
/** Larger chunks are cut, so that no single message holds the other side up. */
const CHUNK_BYTES = 256 * 1024;

export class Pipes {
  readonly #post: (message: PipeMessage, transfer: ArrayBuffer[]) => void;
  readonly #senders = new Map<number, PipeSender>();
  readonly #receivers = new Map<number, PipeReceiver>();

  constructor(post: (message: PipeMessage, transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** Both directions of one number are independent of each other. */
  sender(pipe: number): PipeSender {
    const sender = new PipeSender(
      (bytes) => this.#post({ kind: 'data', pipe, bytes }, [bytes.buffer]),
      (error) => {
        this.#senders.delete(pipe);
        this.#post({ kind: 'end', pipe, ...(error !== undefined && { error }) }, []);
      },
    );
    this.#senders.set(pipe, sender);
    return sender;
  }

  receiver(pipe: number): PipeReceiver {
    const receiver = new PipeReceiver(
      (count) => this.#post({ kind: 'ack', pipe, count }, []),
      () => {
        if (this.#receivers.delete(pipe)) this.#post({ kind: 'cancel', pipe }, []);
      },
    );
    this.#receivers.set(pipe, receiver);
    return receiver;
  }

  handle(message: PipeMessage): void {
    const { pipe } = message;
    switch (message.kind) {
      case 'data':
        this.#receivers.get(pipe)?.deliver(message.bytes);
        break;
      case 'ack':
        this.#senders.get(pipe)?.acknowledged(message.count);
        break;
      case 'end':
        this.#receivers.get(pipe)?.finish(message.error);
        this.#receivers.delete(pipe);
        break;
      case 'cancel':
        this.#senders.get(pipe)?.cancelled();
        this.#senders.delete(pipe);
        break;
    }
  }

  /** The other side is gone. */
  closeAll(reason: string): void {
    for (const receiver of this.#receivers.values()) receiver.finish(reason);
    for (const sender of this.#senders.values()) sender.cancelled();
    this.#receivers.clear();
    this.#senders.clear();
  }

  get openCount(): number {
    return this.#senders.size + this.#receivers.size;
  }
}

export class PipeSender {
  #unacknowledged = 0;
  #over = false;
  #waiting: (() => void)[] = [];
  #onCancel: (() => void) | undefined;

  constructor(
    private readonly post: (bytes: Uint8Array<ArrayBuffer>) => void,
    private readonly postEnd: (error?: string) => void,
  ) {}

  /** Resolves when there is room for more. Throws `cancelled` when the receiver wants no more. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      if (this.#over) throw new EngineError('cancelled', 'the stream was closed');
      const part = bytes.slice(at, at + CHUNK_BYTES);
      this.#unacknowledged += part.length;
      this.post(part);
      while (this.#unacknowledged >= WINDOW_BYTES && !this.#over) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  end(error?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.postEnd(error);
    this.#wake();
  }

  /** Called when the receiver goes away before the end. */
  onCancel(action: () => void): void {
    this.#onCancel = action;
  }

  acknowledged(count: number): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - count);
    if (this.#unacknowledged < WINDOW_BYTES) this.#wake();
  }

  cancelled(): void {
    if (this.#over) return;
    this.#over = true;
    this.#wake();
    this.#onCancel?.();
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

export class PipeReceiver {
  readonly #chunks: Channel<Uint8Array>;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #finished: Promise<void>;
  #finish!: () => void;

  constructor(
    private readonly postAck: (count: number) => void,
    private readonly postCancel: () => void,
  ) {
    // The sender's window is the bound.
    this.#chunks = new Channel({ capacity: Infinity, onClose: postCancel });
    this.#finished = new Promise((resolve) => (this.#finish = resolve));
  }

  /** What comes, acknowledged as it is taken; leaving the loop cancels the sender. */
  get chunks(): AsyncIterable<Uint8Array> {
    const iterator = this.#chunks[Symbol.asyncIterator]();
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      const result = await iterator.next();
      if (!result.done) this.postAck(result.value.length);
      return result;
    };
    const leave = (): Promise<IteratorResult<Uint8Array, undefined>> =>
      iterator.return?.() ?? Promise.resolve({ value: undefined, done: true });
    return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  }

  /** Hands chunks over as they come; the listener's owner acknowledges them by hand. */
  listen(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  acknowledge(count: number): void {
    this.postAck(count);
  }

  /** Settles when the sender has ended (or we cancelled). */
  get finished(): Promise<void> {
    return this.#finished;
  }

  cancel(): void {
    this.postCancel();
    this.#chunks.end();
    this.#finish();
  }

  deliver(bytes: Uint8Array): void {
    if (this.#listener) this.#listener(bytes);
    else this.#chunks.push(bytes);
  }

  finish(error?: string): void {
    this.#chunks.end(error === undefined ? undefined : new EngineError('cancelled', error));
    this.#finish();
  }
}
