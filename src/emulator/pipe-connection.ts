/** A pair of pipes as a connection, and connections run into each other. */
import type { Connection } from '#engine/api/http.ts';
import type { TcpConnection } from './machine-api.ts';
import type { PipeReceiver, PipeSender } from './pipes.ts';

/** Two pipes as a connection. */
export function joinPipes(sender: PipeSender, receiver: PipeReceiver): TcpConnection {
  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  // The peer is gone when it takes no more; that it sends no more is only a half-close.
  sender.onCancel(settle);
  return {
    input: receiver.chunks,
    write: (bytes) => sender.write(bytes),
    closeWrite() {
      sender.end();
      return Promise.resolve();
    },
    closed,
    close() {
      sender.end();
      receiver.cancel();
      settle();
    },
  };
}

/** Runs two connections into each other until the remote one has said all and the local one is gone or done. */
export async function splice(local: Connection, remote: TcpConnection): Promise<void> {
  void (async () => {
    for await (const chunk of local.input) await remote.write(chunk);
    await remote.closeWrite();
  })().catch(() => {});
  const back = (async () => {
    for await (const chunk of remote.input) await local.write(chunk);
    await local.closeWrite();
  })();
  await Promise.race([back, local.closed]).catch(() => {});
  remote.close();
}
