/**
 * One request's message port: heads as messages, bodies in a pipe both ways. What comes is checked, and a sender that goes on
 * without being granted room is cut off, since it may be a page of a container that pretends to be our worker.
 */
import { Pipes, type PipeMessage, type PipeReceiver, type PipeSender } from '#emulator/pipes.ts';
import { bodyPipe, isObject, isPipeMessage } from './messages.ts';

/** What `Pipes` lets be under way, and a last piece. */
const maxUnderWayBytes = (1 << 20) + (256 << 10);

export class RequestPort {
  readonly #port: MessagePort;
  readonly #pipes: Pipes;
  /** Both begin before a message can come. */
  readonly sender: PipeSender;
  readonly receiver: PipeReceiver;
  #underWay = 0;
  #handle: (data: unknown) => void = () => {};

  constructor(port: MessagePort) {
    this.#port = port;
    this.#pipes = new Pipes((message, transfer) => {
      if (message.kind === 'ack') this.#underWay -= message.count;
      port.postMessage(message, transfer);
    });
    this.sender = this.#pipes.sender(bodyPipe);
    this.receiver = this.#pipes.receiver(bodyPipe);
    port.onmessage = ({ data }: MessageEvent<unknown>) => this.#take(data);
  }

  /** Called with what is no piece of a body. */
  onHead(handle: (data: unknown) => void): void {
    this.#handle = handle;
  }

  post(message: unknown): void {
    this.#port.postMessage(message);
  }

  /** The other side is gone, or not to be trusted. */
  close(reason: string): void {
    this.#pipes.closeAll(reason);
    this.#port.close();
  }

  #take(data: unknown): void {
    if (!isObject(data)) return;
    if (!isPipeMessage(data)) return this.#handle(data);
    if (data['pipe'] !== bodyPipe) return;
    const message = data as unknown as PipeMessage;
    if (message.kind === 'data') {
      this.#underWay += message.bytes.length;
      if (this.#underWay > maxUnderWayBytes) return this.close('more was sent than was asked for');
    }
    this.#pipes.handle(message);
  }
}

/** A pipe's bytes as a stream for a `Response`; leaving it cancels the sender. */
export function streamOf(receiver: PipeReceiver, over: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = receiver.chunks[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (!next.done) return controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
        controller.close();
        over();
      },
      async cancel() {
        await chunks.return?.();
        over();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Copies a stream into a pipe; leaves the stream when the other side wants no more. Never rejects. */
export async function pour(chunks: AsyncIterable<Uint8Array>, sender: PipeSender): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  sender.onCancel(() => void iterator.return?.());
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) await sender.write(next.value);
    sender.end();
  } catch (error) {
    sender.end(error instanceof Error ? error.message : String(error));
    await iterator.return?.().catch(() => {});
  }
}

/** A stream's pieces; Safari's streams cannot be iterated. */
export async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
