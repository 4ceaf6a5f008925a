/**
 * Network namespaces for containers. A few empty ones are kept ready, because making one takes the kernel
 * longer than all the links and addresses that a container then gets in it.
 */
import type { AgentClient } from '#emulator/agent/client.ts';
import { mkdir, netnsDel, netnsNew, type Op } from '#emulator/agent/ops.ts';
import { netnsRoot } from './paths.ts';

/** How many stand ready. */
const READY = 3;
/** A namespace is made when the agent has had time for whatever the container that took one wanted first. */
const REFILL_DELAY_MS = 300;

export interface SandboxState {
  next: number;
  ready: string[];
}

export class Sandboxes {
  #next = 1;
  #ready: string[] = [];
  #filling: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly agent: AgentClient,
    private readonly node: number,
    saved?: SandboxState,
  ) {
    this.#next = saved?.next ?? 1;
    this.#ready = saved?.ready ?? [];
  }

  /** A namespace to use now, and the operations that must come before its use (none when it stood ready). */
  take(): { path: string; ops: Op[] } {
    const path = this.#ready.shift();
    if (path) return { path, ops: [] };
    const fresh = this.#newPath();
    return { path: fresh, ops: [mkdir(netnsRoot, 0o755), netnsNew(fresh)] };
  }

  /** Makes up for what was taken, in a moment. */
  refillSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refill();
    }, REFILL_DELAY_MS);
  }

  /** Makes up for what was taken. Failures are left to the next `take`, which makes its own. */
  refill(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  save(): SandboxState {
    return { next: this.#next, ready: [...this.#ready] };
  }

  async #fill(): Promise<void> {
    while (this.#ready.length < READY) {
      const path = this.#newPath();
      try {
        await this.agent.batch({ node: this.node }, [mkdir(netnsRoot, 0o755), netnsNew(path)]);
      } catch {
        return;
      }
      this.#ready.push(path);
    }
  }

  #newPath(): string {
    return `${netnsRoot}/${(this.#next++).toString(16).padStart(12, '0')}`;
  }
}

/** Takes a namespace away, with every device in it. */
export function removeSandbox(path: string): Op {
  return netnsDel(path);
}
