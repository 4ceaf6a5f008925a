/** A login shell as a terminal's session: output waits until what was handed over is acknowledged. */
import { exitCode, type SpawnedProcess } from './agent/spawn.ts';
import type { TerminalSession } from './machine-api.ts';

/** Bytes handed to the listener that may be unacknowledged. */
const WINDOW_BYTES = 512 * 1024;
/** After its shell's end a terminal that says nothing for as long has said all. */
const QUIET_MS = 200;

export function terminalSession(process: SpawnedProcess): TerminalSession {
  const { terminal } = process.channels;
  if (!terminal) throw new Error('the shell has no terminal');
  let unacknowledged = 0;
  let resume = (): void => {};
  let [chunkCount, held, closed] = [0, false, false];
  let listener: ((bytes: Uint8Array) => void) | undefined;
  const pump = async (): Promise<void> => {
    for await (const bytes of terminal.read()) {
      chunkCount++;
      unacknowledged += bytes.length;
      listener?.(bytes);
      held = unacknowledged > WINDOW_BYTES;
      while (unacknowledged > WINDOW_BYTES && !closed) await new Promise<void>((resolve) => (resume = resolve));
      held = false;
    }
  };
  let read: Promise<void> | undefined;
  /** Resolves when everything was handed over, also to a slow listener. */
  const lastWords = async (): Promise<void> => {
    for (let before = -1; read && !closed && (held || before !== chunkCount);) {
      before = chunkCount;
      const ended = await Promise.race([
        read.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), QUIET_MS)),
      ]);
      if (ended) return;
    }
  };
  return {
    write: (bytes) => void terminal.write(bytes).catch(() => {}),
    onData(next) {
      listener = next;
      read ??= pump().catch(() => {});
    },
    acknowledge(byteCount) {
      unacknowledged = Math.max(0, unacknowledged - byteCount);
      resume();
    },
    resize: (rows, columns) => terminal.resize(rows, columns),
    // What the shell printed last comes before its end.
    exited: process.exit.then(async (status) => {
      await lastWords();
      return exitCode(status);
    }),
    close() {
      closed = true;
      terminal.abort();
      resume();
    },
  };
}
