/** A container in the fake runtime: its files, its processes and whether it is frozen. */
import type { RuntimeSpec } from '../spec.ts';
import type { FakeFiles } from './files.ts';
import { Gate } from './life.ts';
import type { FakeProcess } from './process.ts';

export interface ProcessEntry {
  pid: number;
  ppid: number;
  uid: number;
  tty: string;
  args: string[];
  startedMs: number;
}

export class FakeContainer {
  readonly gate = new Gate();
  /** Everything that runs, by pid as the node sees it. */
  readonly entries = new Map<number, ProcessEntry>();
  readonly execs = new Map<string, FakeProcess>();
  init: FakeProcess | undefined;
  oomKilled = false;
  memoryLimit: number | undefined;

  constructor(
    readonly id: string,
    readonly config: RuntimeSpec,
    readonly files: FakeFiles,
  ) {
    this.memoryLimit = config.linux.resources?.memory?.limit;
  }

  get hostname(): string {
    return this.config.hostname ?? 'node1';
  }

  /** What the kernel does when a cgroup is out of memory: kills the biggest process. */
  outOfMemory(): void {
    this.oomKilled = true;
    this.init?.life.kill(9);
  }
}
