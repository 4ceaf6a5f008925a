/** The processes that were started and have not ended, and how they are kept with a saved machine. */
import type { Channel } from './channel.ts';
import type { SpawnChannels, SpawnedProcess } from './spawn.ts';

export interface SavedProcess {
  id: number;
  pid: number;
  nodePid: number;
  node: number;
  /** Numbers of its channels, also of those that have ended. */
  channels: Partial<Record<keyof SpawnChannels, number>>;
}

interface Running {
  saved: SavedProcess;
  process: SpawnedProcess;
  exited: (status: number) => void;
}

export class ProcessTable {
  readonly #running = new Map<number, Running>();

  constructor(private readonly kill: (node: number, process: number, signal: number) => Promise<void>) {}

  get size(): number {
    return this.#running.size;
  }

  ids(): Iterable<number> {
    return this.#running.keys();
  }

  get(id: number): SpawnedProcess | undefined {
    return this.#running.get(id)?.process;
  }

  /** A process that is about to be started. */
  add(id: number, node: number, channels: SpawnChannels): SpawnedProcess {
    const numbers: SavedProcess['channels'] = {};
    for (const [stream, channel] of Object.entries(channels) as [keyof SpawnChannels, Channel][]) numbers[stream] = channel.id;
    return this.#add({ id, node, pid: 0, nodePid: 0, channels: numbers }, channels);
  }

  /** It runs. */
  started(id: number, pids: { pid: number; nodePid: number }): void {
    const running = this.#running.get(id);
    if (!running) return; // and has ended already
    Object.assign(running.saved, pids);
    Object.assign(running.process, pids);
  }

  delete(id: number): void {
    this.#running.delete(id);
  }

  exited(id: number, status: number): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.exited(status);
  }

  save(): SavedProcess[] {
    return [...this.#running.values()].map(({ saved }) => ({ ...saved }));
  }

  restore(saved: SavedProcess, channelOf: (id: number) => Channel | undefined): void {
    const channels: SpawnChannels = {};
    for (const [stream, id] of Object.entries(saved.channels) as [keyof SpawnChannels, number][]) {
      const channel = channelOf(id);
      if (channel) channels[stream] = channel;
    }
    this.#add({ ...saved }, channels);
  }

  #add(saved: SavedProcess, channels: SpawnChannels): SpawnedProcess {
    const { id, node, pid, nodePid } = saved;
    let exited = (_status: number): void => {};
    const exit = new Promise<number>((resolve) => (exited = resolve));
    const process = { id, pid, nodePid, channels, exit, kill: (signal: number) => this.kill(node, id, signal) };
    this.#running.set(id, { saved, process, exited });
    return process;
  }
}
