/**
 * A process's standard streams and those attached to them: output goes to everybody attached, input comes
 * from anybody. A client that does not read makes the process wait once its channel is full, as a full pipe would.
 * Clients may attach before the process runs; what they send waits for it.
 * Source: moby container/stream.
 */
import { Channel } from '../channel.ts';
import type { OutputChunk, Process } from '../runtime/runtime.ts';

/** Chunks that a client may lag behind. */
const capacity = 64;

export interface Attachment {
  readonly output: Channel<OutputChunk>;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export class Streams {
  readonly #attachments = new Set<Attachment>();
  #input = new Channel<Uint8Array>({ capacity });

  /** Output from now on, until the process ends. */
  attach(wanted: { stdout: boolean; stderr: boolean }): Attachment {
    const attachment: Attachment = { ...wanted, output: new Channel({ capacity, onClose: () => this.#attachments.delete(attachment) }) };
    this.#attachments.add(attachment);
    return attachment;
  }

  detach(attachment: Attachment): void {
    this.#attachments.delete(attachment);
    attachment.output.end();
  }

  get attachedCount(): number {
    return this.#attachments.size;
  }

  /** Sends input; resolves when taken. False when nobody reads input any more. */
  send(bytes: Uint8Array): Promise<boolean> {
    return this.#input.write(bytes);
  }

  /** End of input for the process. */
  endInput(): void {
    this.#input.end();
  }

  /**
   * Connects a started process: resolves when all it printed was passed on.
   *
   * @param onOutput sees every chunk first, in order
   */
  async connect(process: Process, onOutput: (chunk: OutputChunk) => void): Promise<void> {
    void this.#feed(process, this.#input);
    for await (const chunk of process.output) {
      onOutput(chunk);
      for (const attachment of this.#attachments) {
        if (attachment[chunk.stream]) {
          // Waiting only for those that lag keeps the usual case free of turns.
          if (!attachment.output.push(chunk)) await attachment.output.write(chunk);
        }
      }
    }
  }

  /** The process is over: attached clients get what is left and then the end; input begins anew for the next run. */
  reset(): void {
    for (const attachment of this.#attachments) attachment.output.end();
    this.#attachments.clear();
    this.#input.end();
    this.#input = new Channel<Uint8Array>({ capacity });
  }

  async #feed(process: Process, input: Channel<Uint8Array>): Promise<void> {
    try {
      for await (const bytes of input) await process.write(bytes);
      await process.closeInput();
    } catch {
      // The process is gone or closed its input; whoever sends learns by its exit.
      input.end();
    }
  }
}
