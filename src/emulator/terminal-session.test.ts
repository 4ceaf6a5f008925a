/** A terminal's last words are heard, however slow who listens is. */
import { expect, it } from 'vitest';
import type { SpawnedProcess } from './agent/spawn.ts';
import { terminalSession } from './terminal-session.ts';

const CHUNK_BYTES = 64 * 1024;
const CHUNKS = 32;

/** A shell that has printed 2 MB and ended. */
function endedShell(): { process: SpawnedProcess; aborted: () => boolean } {
  let aborted = false;
  async function* read(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < CHUNKS && !aborted; count++) yield new Uint8Array(CHUNK_BYTES);
  }
  const terminal = { read, abort: () => (aborted = true) };
  return { process: { channels: { terminal }, exit: Promise.resolve(3 << 8) } as unknown as SpawnedProcess, aborted: () => aborted };
}

it('ends when all that was printed has been handed over', async () => {
  const session = terminalSession(endedShell().process);
  let received = 0;
  session.onData(({ length }) => {
    received += length;
    setTimeout(() => session.acknowledge(length), 500);
  });
  expect(await session.exited).toBe(3);
  expect(received).toBe(CHUNKS * CHUNK_BYTES);
});

it('ends when it is closed, though nobody has acknowledged anything', async () => {
  const { process, aborted } = endedShell();
  const session = terminalSession(process);
  let received = 0;
  session.onData(({ length }) => (received += length));
  setTimeout(() => session.close(), 400);
  expect(await session.exited).toBe(3);
  expect(aborted()).toBe(true);
  expect(received).toBeLessThan(CHUNKS * CHUNK_BYTES);
});
