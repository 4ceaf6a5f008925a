/**
 * Every answer of the daemon that a command is still reading. A process's connections close when it
 * ends, however it ends; here the command line shares its process with others, so it closes them itself.
 */
import type { ApiHandler, ApiResponse, Connection } from '#engine/api/http.ts';
import { EngineError } from '#engine/errors.ts';

export class OpenAnswers {
  readonly #open = new Set<OpenAnswer>();

  /** The same daemon, with its streams remembered until they end. */
  remember(handler: ApiHandler): ApiHandler {
    return async (request) => this.#remembered(await handler(request));
  }

  /** Ends them all, as if the client had gone away. */
  close(): void {
    for (const entry of [...this.#open]) entry.close();
  }

  #remembered(answer: ApiResponse): ApiResponse {
    const { body } = answer;
    if (body.kind === 'stream') return { ...answer, body: { kind: 'stream', chunks: this.#chunks(body.chunks) } };
    if (body.kind === 'hijack') return { ...answer, body: { kind: 'hijack', run: (connection) => this.#hijack(body.run, connection) } };
    return answer;
  }

  #chunks(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const iterator = chunks[Symbol.asyncIterator]();
    const entry = this.#entry(() => void iterator.return?.()?.catch(() => {}));
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const result = await iterator.next();
          // Whoever still reads belongs to a command that has ended: it is told nothing more.
          if (entry.closed) return new Promise<never>(() => {});
          if (result.done) entry.forget();
          return result;
        },
        async return() {
          entry.close();
          return { done: true, value: undefined };
        },
      }),
    };
  }

  async #hijack(run: (connection: Connection) => Promise<void>, connection: Connection): Promise<void> {
    let leave!: () => void;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const entry = this.#entry(leave);
    const input = connection.input[Symbol.asyncIterator]();
    const end = left.then(() => ({ done: true, value: undefined }) as const);
    const seenByDaemon: Connection = {
      input: { [Symbol.asyncIterator]: () => ({ next: () => Promise.race([input.next(), end]) }) },
      write: (bytes) => (entry.closed ? Promise.reject(new EngineError('cancelled', 'connection closed')) : connection.write(bytes)),
      closeWrite: () => connection.closeWrite(),
      closed: Promise.race([connection.closed, left]),
    };
    try {
      await run(seenByDaemon);
    } finally {
      entry.forget();
    }
  }

  #entry(whenClosed: () => void): OpenAnswer {
    const entry: OpenAnswer = {
      closed: false,
      forget: () => void this.#open.delete(entry),
      close: () => {
        if (entry.closed) return;
        entry.closed = true;
        entry.forget();
        whenClosed();
      },
    };
    this.#open.add(entry);
    return entry;
  }
}

interface OpenAnswer {
  closed: boolean;
  /** It has ended by itself. */
  forget(): void;
  close(): void;
}
