/** A login shell as a terminal's session: output waits until what was handed over is acknowledged. */
import { exitCode, type SpawnedProcess } from './agent/spawn.ts';
import type { TerminalSession } from './machine-api.ts';

/** Bytes handed to the listener that may be unacknowledged. */
const WINDOW_BYTES = 512 * 1024;

export function terminalSession(process: SpawnedProcess): TerminalSession {
  const { terminal } = process.channels;
  if (!terminal) throw new Error('the shell has no terminal');
  let unacknowledged = 0;
  let resume = (): void => {};
  let listener: ((bytes: Uint8Array) => void) | undefined;
  const pump = async (): Promise<void> => {
    for await (const bytes of terminal.read()) {
      unacknowledged += bytes.length;
      listener?.(bytes);
      while (unacknowledged > WINDOW_BYTES) await new Promise<void>((resolve) => (resume = resolve));
    }
  };
  let read: Promise<void> | undefined;
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
      await Promise.race([read, new Promise((resolve) => setTimeout(resolve, 200))]);
      return exitCode(status);
    }),
    close: () => terminal.abort(),
  };
}
