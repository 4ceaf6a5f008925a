/**
 * Every answer of the daemon that a command is still reading. A process's connections close when it
 * ends, however it ends; here the command line shares its process with others, so it closes them itself.
 */
import type { ApiHandler, ApiResponse, Connection } from '#engine/api/http.ts';
import { EngineError } from '#engine/errors.ts';

export class OpenAnswers {
  readonly #open = new Set<() => void>();

  /** The same daemon, with its streams remembered until they end. */
  remember(handler: ApiHandler): ApiHandler {
    return async (request) => this.#remembered(await handler(request));
  }

  /** Ends them all, as if the client had gone away. */
  close(): void {
    for (const close of [...this.#open]) close();
  }

  #remembered(answer: ApiResponse): ApiResponse {
    const { body } = answer;
    if (body.kind === 'stream') return { ...answer, body: { kind: 'stream', chunks: this.#chunks(body.chunks) } };
    if (body.kind === 'hijack') return { ...answer, body: { kind: 'hijack', run: (connection) => this.#hijack(body.run, connection) } };
    return answer;
  }

  #chunks(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const iterator = chunks[Symbol.asyncIterator]();
    const { closed, close, forget } = this.#entry(() => void iterator.return?.()?.catch(() => {}));
    const gone = closed.then(() => ({ done: true, value: undefined }) as const);
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const result = await Promise.race([iterator.next(), gone]);
          if (result.done) forget();
          return result;
        },
        async return() {
          close();
          return { done: true, value: undefined };
        },
      }),
    };
  }

  async #hijack(run: (connection: Connection) => Promise<void>, connection: Connection): Promise<void> {
    const { closed, forget } = this.#entry(() => {});
    const input = connection.input[Symbol.asyncIterator]();
    const gone = closed.then(() => ({ done: true, value: undefined }) as const);
    let open = true;
    void closed.then(() => (open = false));
    const ran = run({
      input: { [Symbol.asyncIterator]: () => ({ next: () => Promise.race([input.next(), gone]) }) },
      write: (bytes) => (open ? connection.write(bytes) : Promise.reject(new EngineError('cancelled', 'connection closed'))),
      closeWrite: () => connection.closeWrite(),
      closed: Promise.race([connection.closed, closed]),
    });
    try {
      await ran;
    } finally {
      forget();
    }
  }

  /** A place in the list, with a promise that settles when it is closed. */
  #entry(whenClosed: () => void): { closed: Promise<void>; close: () => void; forget: () => void } {
    let settle!: () => void;
    const closed = new Promise<void>((resolve) => (settle = resolve));
    const forget = (): void => void this.#open.delete(close);
    const close = (): void => {
      forget();
      whenClosed();
      settle();
    };
    this.#open.add(close);
    return { closed, close, forget };
  }
}
