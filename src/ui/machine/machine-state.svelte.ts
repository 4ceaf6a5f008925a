/**
 * The machine as the page sees it: on its way, running, or stopped, its saved sessions, and the engine's
 * state behind it. Decides when a machine is started and what it is started from.
 */
import { savedSessions } from '#emulator/client.ts';
import type { Machine, SessionInfo, StartProgress } from '#emulator/machine-api.ts';
import { messageOf } from '#engine/errors.ts';
import { EngineView } from '#lessons/engine-view.ts';
import { startMachine } from './start-machine.ts';

export type Phase = 'waiting' | 'arriving' | 'running' | 'failed';

export interface Failure {
  /** `arrival`: it never ran. `crash`: it ran and died. */
  kind: 'arrival' | 'crash';
  message: string;
  detail: string;
}

export const node = 'node1';
/** How long to wait before asking a stopped engine for events again. */
const retryMs = 1000;

export class MachineState {
  phase = $state<Phase>('waiting');
  progress = $state.raw<StartProgress | undefined>();
  failure = $state.raw<Failure | undefined>();
  machine = $state.raw<Machine | undefined>();
  engine = $state.raw<EngineView | undefined>();
  /** Newest first. */
  sessions = $state.raw<SessionInfo[]>([]);
  /** What the running machine was restored from. */
  restoredFrom = $state.raw<SessionInfo | undefined>();
  /** Label of the session that is being saved. */
  saving = $state<string | undefined>();
  saveFailure = $state<string | undefined>();
  #saves: Promise<unknown> = Promise.resolve();
  /** Counts machines, so that late news of an earlier one is ignored. */
  #generation = 0;

  /** Starts the machine unless it is there or coming. */
  async ensureStarted(): Promise<void> {
    if (this.phase === 'waiting') await this.start();
  }

  /** Starts a machine in place of the present one: fresh, or as it was in a saved session. */
  async start(sessionId?: string): Promise<void> {
    const generation = ++this.#generation;
    const before = this.machine;
    this.#drop();
    this.phase = 'arriving';
    this.failure = undefined;
    this.progress = undefined;
    if (before) await before.stop().catch(() => {});
    if (generation !== this.#generation) return;
    try {
      const machine = await startMachine({
        sessionId,
        onProgress: (progress) => {
          if (generation === this.#generation) this.progress = progress;
        },
        onCrash: ({ message, detail }) => {
          if (generation === this.#generation) this.#fail({ kind: this.phase === 'running' ? 'crash' : 'arrival', message, detail });
        },
      });
      if (generation !== this.#generation) {
        void machine.stop();
        return;
      }
      this.machine = machine;
      this.engine = new EngineView(machine.api(node));
      this.phase = 'running';
      void this.#follow(this.engine);
      await this.#listSessions();
      this.restoredFrom = this.sessions.find((session) => session.id === sessionId);
    } catch (error) {
      // A crash on the way has been reported already, and says more.
      if (generation === this.#generation && !this.failure) {
        this.#fail({ kind: 'arrival', message: messageOf(error), detail: error instanceof Error ? (error.stack ?? '') : '' });
      }
    }
  }

  /** Saves the machine, one save after another; undefined when it cannot be saved, which `saveFailure` explains. */
  save(label: string): Promise<SessionInfo | undefined> {
    const saved = this.#saves.then(() => this.#save(label));
    this.#saves = saved;
    return saved;
  }

  async #save(label: string): Promise<SessionInfo | undefined> {
    const { machine } = this;
    if (!machine) return undefined;
    this.saving = label;
    this.saveFailure = undefined;
    try {
      const session = await machine.saveSession(label);
      await this.#listSessions();
      return session;
    } catch (error) {
      if (machine === this.machine) this.saveFailure = messageOf(error);
      return undefined;
    } finally {
      this.saving = undefined;
    }
  }

  async #listSessions(): Promise<void> {
    // A page without storage has no sessions; that is no reason not to run.
    this.sessions = await savedSessions().catch(() => []);
  }

  #fail(failure: Failure): void {
    this.#drop();
    void this.#listSessions();
    this.phase = 'failed';
    this.failure = failure;
  }

  #drop(): void {
    this.engine?.close();
    this.engine = undefined;
    this.machine = undefined;
    this.restoredFrom = undefined;
    this.saving = undefined;
  }

  /** Follows the engine's events for as long as this machine lives; a stopped engine may come back. */
  async #follow(engine: EngineView): Promise<void> {
    while (this.engine === engine) {
      await engine.follow();
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
