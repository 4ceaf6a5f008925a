/** A socket of Node as a connection of the Engine API. */
import type { Socket } from 'node:net';
import type { Connection } from '../../src/engine/api/http.ts';
import { EngineError } from '../../src/engine/errors.ts';

export function socketConnection(socket: Socket): Connection {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // An error is followed by `close`, which is what everybody waits for.
  socket.on('error', () => {});
  return {
    input: chunksOf(socket),
    closed,
    write(bytes) {
      return new Promise((resolve, reject) => {
        const gone = (): void => reject(new EngineError('cancelled', 'connection closed'));
        if (socket.destroyed || socket.writableEnded) return gone();
        socket.write(bytes, (error) => (error ? gone() : resolve()));
      });
    },
    closeWrite: () => new Promise((resolve) => (socket.writableEnded ? resolve() : socket.end(() => resolve()))),
  };
}

/** What comes, without destroying the socket when the loop is left; ends when the peer closes or breaks off. */
async function* chunksOf(socket: Socket): AsyncGenerator<Uint8Array> {
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
  } catch {
    // Reset by the peer.
  }
}
