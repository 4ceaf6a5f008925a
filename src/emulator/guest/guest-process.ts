/**
 * A process in a container as the engine sees it: crun has left, the agent holds the streams, and the
 * node's init reports the end.
 */
import { Channel as Queue } from '#engine/channel.ts';
import type { OutputChunk, Process, ProcessExit, TerminalSize } from '#engine/runtime/runtime.ts';
import type { Channel } from '#emulator/agent/channel.ts';
import type { SpawnChannels } from '#emulator/agent/spawn.ts';

export class GuestProcess implements Process {
  readonly output: AsyncIterable<OutputChunk>;
  readonly exit: Promise<ProcessExit>;
  readonly #input: Channel | undefined;

  constructor(
    readonly pid: number,
    readonly channels: SpawnChannels,
    exit: Promise<ProcessExit>,
    readonly kill: () => Promise<void>,
  ) {
    this.#input = channels.terminal ?? channels.stdin;
    this.output = merge(channels);
    this.exit = exit;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#input?.write(bytes);
  }

  async closeInput(): Promise<void> {
    if (!this.channels.terminal) this.channels.stdin?.end();
  }

  async resize(size: TerminalSize): Promise<void> {
    this.channels.terminal?.resize(size.rows, size.columns);
  }
}

/** Both outputs in the order in which they arrive. The queue holds one chunk, so that credit comes back only as the reader reads. */
function merge({ terminal, stdout, stderr }: SpawnChannels): AsyncIterable<OutputChunk> {
  const sources: { stream: OutputChunk['stream']; channel: Channel }[] = [];
  const first = terminal ?? stdout;
  if (first) sources.push({ stream: 'stdout', channel: first });
  if (stderr) sources.push({ stream: 'stderr', channel: stderr });
  const merged = new Queue<OutputChunk>({ capacity: 1 });
  let open = sources.length;
  if (open === 0) merged.end();
  for (const { stream, channel } of sources) {
    void (async () => {
      try {
        for await (const bytes of channel.read()) {
          if (!(await merged.write({ stream, bytes }))) break;
        }
      } finally {
        if (--open === 0) merged.end();
      }
    })().catch((error: unknown) => merged.end(error));
  }
  return merged;
}
