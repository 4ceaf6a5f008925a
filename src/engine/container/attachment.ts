/**
 * Carries a client's connection to a process's streams and back: raw with a terminal, in frames without, until the
 * process ends, the client leaves, or types the detach keys.
 * Source: moby container/stream/attach.go.
 */
import type { Connection } from '../api/http.ts';
import { encodeFrame } from '../api/stdcopy.ts';
import { DetachWatcher } from './detach-keys.ts';
import type { Attachment, Streams } from './streams.ts';

export interface AttachmentOptions {
  stdin: boolean;
  terminal: boolean;
  /** Standard output and error share the connection in frames. */
  framed: boolean;
  /** The end of the client's input is the end of the process's. Never with a terminal. */
  endsInput: boolean;
  detachKeys: readonly number[];
}

/** Resolves when the connection can be closed. */
export async function serveAttachment(
  connection: Connection,
  streams: Streams,
  attachment: Attachment,
  options: AttachmentOptions,
): Promise<'ended' | 'detached'> {
  let detached = false;
  const leave = (): void => {
    detached = true;
    streams.detach(attachment);
  };
  void connection.closed.then(leave);
  if (options.stdin) void forwardInput(connection, streams, options, leave);
  try {
    for await (const { stream, bytes } of attachment.output) await connection.write(options.framed ? encodeFrame(stream, bytes) : bytes);
  } catch {
    // The client is gone.
    leave();
  }
  return detached ? 'detached' : 'ended';
}

async function forwardInput(
  connection: Connection,
  streams: Streams,
  { terminal, endsInput, detachKeys }: AttachmentOptions,
  leave: () => void,
): Promise<void> {
  const watcher = terminal ? new DetachWatcher(detachKeys) : undefined;
  try {
    for await (const bytes of connection.input) {
      const { pass, detach } = watcher?.push(bytes) ?? { pass: bytes, detach: false };
      if (pass.length > 0 && !(await streams.send(pass))) return;
      if (detach) return leave();
    }
  } catch {
    return leave();
  }
  if (endsInput && !terminal) streams.endInput();
  else leave();
}
