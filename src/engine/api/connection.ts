/**
 * A pair of connected byte streams in memory: what one end writes the other reads. For hijacked streams
 * without a socket between, and for tests of the HTTP server.
 */
import { Channel } from '../channel.ts';
import { EngineError } from '../errors.ts';
import type { Connection } from './http.ts';

/** Chunks in flight in one direction before a writer waits: a slow reader slows the writer. */
const capacity = 16;

/** An end of the pair. */
export interface ClosableConnection extends Connection {
  /** Ends both directions; what was written before is still read. */
  close(): void;
}

export function connectionPair(): [ClosableConnection, ClosableConnection] {
  const there = new Channel<Uint8Array>({ capacity });
  const back = new Channel<Uint8Array>({ capacity });
  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  const close = (): void => {
    there.end();
    back.end();
    settle();
  };
  const end = (input: Channel<Uint8Array>, output: Channel<Uint8Array>): ClosableConnection => ({
    input,
    async write(bytes) {
      // The reader gets its own copy: writers reuse their buffers.
      if (!(await output.write(bytes.slice()))) throw new EngineError('cancelled', 'connection closed');
    },
    closeWrite() {
      output.end();
      return Promise.resolve();
    },
    closed,
    close,
  });
  return [end(back, there), end(there, back)];
}
