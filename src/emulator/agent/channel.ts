/**
 * One byte stream to and from the guest. Writing waits for the agent's credit; reading gives the agent
 * credit for what the consumer took, so a slow consumer slows the process at the other end.
 */
import { assert } from '#engine/assert.ts';
import { ChannelClosed } from './agent-error.ts';
import { AGENT_WINDOW_BYTES, DEFAULT_WINDOW_BYTES, frameType, MAX_DATA_BYTES } from './frames.ts';

/** What a channel needs of the client. */
export interface ChannelPort {
  send(type: number, id: number, payload?: Uint8Array): void;
  /** Resolves when the link has room. */
  room(): Promise<void>;
  /** Both directions have ended. */
  forget(channel: Channel): void;
}

export interface ChannelOptions {
  /** Whether the agent may send, the host may send. */
  input: boolean;
  output: boolean;
  /** Bytes that the agent may send before the first read; granted at the first read when `lazy`. */
  windowBytes?: number;
  lazy?: boolean;
  /** What is written at once goes out as one frame, or not at all. */
  whole?: boolean;
}

/** As it is kept with a saved machine. */
export interface SavedChannel {
  id: number;
  input: boolean;
  output: boolean;
  windowBytes: number;
  lazy: boolean;
  whole: boolean;
  credit: number;
  ungranted: number;
  chunks: Uint8Array[];
}

interface PendingWrite {
  bytes: Uint8Array;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class Channel {
  readonly id: number;
  /** Resolves when both directions have ended. */
  readonly closed: Promise<void>;
  readonly #port: ChannelPort;
  readonly #windowBytes: number;
  readonly #whole: boolean;
  #settleClosed = (): void => {};

  // To the guest
  #outputOpen: boolean;
  #ending = false;
  #stopped: Error | undefined;
  #credit = AGENT_WINDOW_BYTES;
  #writes: PendingWrite[] = [];
  #pumping = false;

  // From the guest
  #inputOpen: boolean;
  #lazy: boolean;
  #chunks: Uint8Array[] = [];
  /** Taken by the consumer, not granted again yet. */
  #ungranted = 0;
  /** What the agent may still send: what it sends beyond is a violation. */
  #window: number;
  #failed: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(port: ChannelPort, id: number, options: ChannelOptions) {
    this.#port = port;
    this.id = id;
    this.#inputOpen = options.input;
    this.#outputOpen = options.output;
    this.#windowBytes = options.windowBytes ?? DEFAULT_WINDOW_BYTES;
    this.#whole = options.whole ?? false;
    this.#lazy = options.lazy ?? false;
    this.#window = this.#lazy ? 0 : this.#windowBytes;
    this.closed = new Promise((resolve) => (this.#settleClosed = resolve));
  }

  /** What SPAWN tells the agent it may send at once. */
  get initialCredit(): number {
    return this.#lazy ? 0 : this.#windowBytes;
  }

  get outputOpen(): boolean {
    return this.#outputOpen && !this.#ending;
  }

  // --- for consumers ---

  /**
   * Resolves when the agent has room for all of it. Rejects with `ChannelClosed` when nobody takes it
   * any more. The bytes must not change until then.
   */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    if (!this.outputOpen) return Promise.reject(new ChannelClosed(32));
    if (bytes.length === 0) return Promise.resolve();
    // The agent grants by quarters of its window: more than this might wait for ever.
    assert(!this.#whole || bytes.length <= AGENT_WINDOW_BYTES / 2, 'a datagram of bounded length');
    return new Promise((resolve, reject) => {
      this.#writes.push({ bytes, resolve, reject });
      void this.#pump();
    });
  }

  /** No more will be written: end of file once what was written is read. A terminal keeps its other direction. */
  end(): void {
    if (!this.outputOpen) return;
    this.#ending = true;
    void this.#pump();
  }

  /** No more is wanted from the guest: its writers get a broken pipe. What was queued is dropped. */
  stop(): void {
    if (!this.#inputOpen) return;
    this.#port.send(frameType.stop, this.id, numberBytes(0));
    this.#chunks = [];
    this.#endInput();
  }

  /** Gives up both directions; a terminal hangs up. */
  abort(): void {
    this.#refuseWrites(new ChannelClosed(32));
    this.stop();
    if (this.#outputOpen) {
      this.#port.send(frameType.close, this.id);
      this.#endOutput();
    }
  }

  /** Chunks as they come, until the end. One consumer at a time; leaving the loop keeps the rest. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#beginReading();
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#grant(chunk.length);
        yield chunk;
        continue;
      }
      if (this.#failed) throw this.#failed;
      if (!this.#inputOpen) return;
      assert(!this.#wake, 'a channel has one consumer at a time');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Of a terminal. */
  resize(rows: number, columns: number): void {
    if (this.#inputOpen) this.#port.send(frameType.resize, this.id, Uint8Array.of(rows & 0xff, rows >> 8, columns & 0xff, columns >> 8));
  }

  // --- for the client ---

  handleData(bytes: Uint8Array): void {
    if (!this.#inputOpen) return;
    if (bytes.length > this.#window) throw new Error(`channel ${this.id}: ${bytes.length - this.#window} bytes more than granted`);
    this.#window -= bytes.length;
    this.#chunks.push(bytes.slice());
    this.#wakeReader();
  }

  handleCredit(bytes: number): void {
    this.#credit += bytes;
    void this.#pump();
  }

  handleClose(): void {
    this.#endInput();
  }

  handleStop(errno: number): void {
    this.#refuseWrites(new ChannelClosed(errno));
    this.#endOutput();
  }

  /** The agent is gone. */
  fail(error: Error): void {
    this.#failed = error;
    this.#refuseWrites(error);
    this.#endInput();
    this.#endOutput();
  }

  /** The stub it belonged to is gone: what came is still read, nothing more is sent. */
  detach(): void {
    this.#refuseWrites(new ChannelClosed(32));
    this.#endInput();
    this.#endOutput();
  }

  /** Resolves when everything written so far was handed to the link, or cannot be. */
  async flushed(): Promise<void> {
    const last = this.#writes.at(-1);
    if (!last) return;
    await new Promise<void>((resolve) => {
      const { resolve: taken, reject: refused } = last;
      last.resolve = () => (taken(), resolve());
      last.reject = (error) => (refused(error), resolve());
    });
  }

  save(): SavedChannel {
    return {
      id: this.id,
      input: this.#inputOpen,
      output: this.outputOpen,
      windowBytes: this.#windowBytes,
      lazy: this.#lazy,
      whole: this.#whole,
      credit: this.#credit,
      ungranted: this.#ungranted,
      chunks: this.#chunks.map((chunk) => chunk.slice()),
    };
  }

  static restore(port: ChannelPort, saved: SavedChannel): Channel {
    const channel = new Channel(port, saved.id, saved);
    channel.#credit = saved.credit;
    channel.#ungranted = saved.ungranted;
    channel.#chunks = saved.chunks.map((chunk) => chunk.slice());
    const unread = saved.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    channel.#window -= saved.ungranted + unread;
    return channel;
  }

  // --- to the guest ---

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#writes[0] && this.#credit > 0 && !this.#stopped) {
      const [write] = this.#writes;
      if (this.#whole && write.bytes.length > this.#credit) break;
      const part = write.bytes.subarray(0, Math.min(this.#credit, MAX_DATA_BYTES));
      this.#credit -= part.length;
      this.#port.send(frameType.data, this.id, part);
      write.bytes = write.bytes.subarray(part.length);
      if (write.bytes.length === 0) {
        this.#writes.shift();
        write.resolve();
      }
      if (this.#writes.length > 0) await this.#port.room();
    }
    this.#pumping = false;
    if (this.#ending && this.#writes.length === 0 && this.#outputOpen) {
      this.#port.send(frameType.close, this.id);
      this.#endOutput();
    }
  }

  #refuseWrites(error: Error): void {
    this.#stopped ??= error;
    for (const write of this.#writes.splice(0)) write.reject(error);
  }

  #endOutput(): void {
    if (!this.#outputOpen) return;
    this.#outputOpen = false;
    this.#settle();
  }

  // --- from the guest ---

  #beginReading(): void {
    if (!this.#lazy) return;
    this.#lazy = false;
    this.#window = this.#windowBytes;
    if (this.#inputOpen) this.#port.send(frameType.credit, this.id, numberBytes(this.#windowBytes));
  }

  #grant(bytes: number): void {
    this.#ungranted += bytes;
    if (this.#ungranted < this.#windowBytes / 4 || !this.#inputOpen) return;
    this.#port.send(frameType.credit, this.id, numberBytes(this.#ungranted));
    this.#window += this.#ungranted;
    this.#ungranted = 0;
  }

  #endInput(): void {
    if (!this.#inputOpen) return;
    this.#inputOpen = false;
    this.#wakeReader();
    this.#settle();
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #settle(): void {
    if (this.#inputOpen || this.#outputOpen) return;
    this.#settleClosed();
    this.#port.forget(this);
  }
}

export function numberBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
