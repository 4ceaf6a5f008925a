/**
 * Everything the page holds: settings, machine, terminals, inspector, the open lesson. Here it is decided
 * what follows when one of them changes; the parts know nothing of each other.
 */
import { untrack } from 'svelte';
import type { Machine } from '#emulator/machine-api.ts';
import { chapterTitle, openLesson } from '#lessons/catalogue.ts';
import type { EngineView } from '#lessons/engine-view.ts';
import { lessonKey } from '#lessons/format.ts';
import { Player } from '#lessons/player.ts';
import { Progress } from '#lessons/progress.ts';
import { Documents } from '../editor/documents.svelte.ts';
import { InspectorState } from '../inspector/inspector-state.svelte.ts';
import { machine, stepSessions } from '../machine/first-machine.ts';
import { node } from '../machine/machine-state.svelte.ts';
import { Previews } from '../preview/previews.svelte.ts';
import { Terminals } from '../terminal/terminals.svelte.ts';
import { ago } from './format.ts';
import { Settings } from './settings.svelte.ts';

/** What a narrow page shows of the studio. */
export type View = 'lesson' | 'terminal' | 'files' | 'preview' | 'inspector';

export class Studio {
  readonly settings = new Settings();
  readonly machine = machine;
  readonly stepSessions = stepSessions;
  readonly inspector = new InspectorState();
  readonly documents = new Documents({ onWrite: () => (this.#at = undefined) });
  readonly previews = new Previews({
    containers: () => this.inspector.containers,
    theme: () => this.settings.theme,
    onEmpty: () => (this.view = this.view === 'preview' ? 'terminal' : this.view),
  });
  readonly terminals = new Terminals({
    screenReader: () => this.settings.screenReader,
    onInput: () => (this.#at = undefined),
    onQuiet: () => this.#lookAgain(),
    onLeave: (backwards) => this.focusNextPane(backwards),
  });
  player = $state.raw<Player | undefined>();
  missingLesson = $state<string | undefined>();
  view = $state<View>('lesson');
  filesOpen = $state(false);
  inspectorAsTable = $state(false);
  /** One line about something that was done without being asked for. */
  notice = $state.raw<{ says: string; offersFresh: boolean } | undefined>();
  #stepIndex = $state(0);
  /** How often the terminals have fallen silent. */
  #quietTurns = $state(0);
  /** The step at whose start the machine is; undefined once something was typed or written. */
  #at = $state<number | undefined>();
  readonly #progress = new Progress(localStorage);

  /** What the build checks say; undefined while no engine is there. */
  readonly checkDockerfile = $derived.by(() => {
    const { engine } = this.machine;
    return engine && ((text: string) => engine.checkDockerfile(text));
  });

  /** What the last build did with each line; to be asked again when a command may have built something. */
  readonly buildOutcomes = $derived.by(() => {
    const { engine } = this.machine;
    void this.#quietTurns;
    return engine && ((text: string) => engine.buildOutcomes(text));
  });

  get chapter(): string {
    return this.player ? chapterTitle(this.player.lesson.chapter) : '';
  }

  async openLesson(key: string): Promise<void> {
    const lesson = await openLesson(key);
    this.missingLesson = lesson ? undefined : key;
    this.player?.watch(undefined);
    this.player = lesson && new Player(lesson, this.#progress);
    this.player?.watch(this.machine.engine);
    this.#at = this.#stepAt(this.stepSessions.last);
    this.#followPlayer();
  }

  /** A step that has just been done is where the next one starts. */
  #followPlayer(): void {
    let { done } = this.player?.state ?? { done: [] };
    this.player?.subscribe((state) => {
      this.#stepIndex = state.stepIndex;
      const newly = state.done.findIndex((now, index) => now && !done[index]);
      done = state.done;
      if (newly >= 0 && this.#at === undefined) void this.#saveStart(newly + 1);
    });
  }

  /** Gives the machine that came or went to all who use one; to be run in an effect. */
  machineChanged(): void {
    const { machine, engine } = this.machine;
    untrack(async () => {
      if (!engine) this.#look(undefined, undefined);
      // The prompt first: whoever waits, waits for that.
      await this.terminals.use(machine);
      if (machine && machine === this.machine.machine) this.#look(machine, engine);
    });
  }

  /** Gives engine and files to those that show them. */
  #look(machine: Machine | undefined, engine: EngineView | undefined): void {
    this.player?.watch(engine);
    this.inspector.watch(engine);
    this.documents.use(machine?.home(node));
    this.previews.use(machine);
  }

  /** Starts a machine: as it was in a session, or fresh. */
  async start(sessionId?: string): Promise<void> {
    this.stepSessions.setLast(sessionId);
    this.#at = this.#stepAt(sessionId);
    this.notice = undefined;
    await this.machine.start(sessionId);
  }

  /** Says what the page load made of the last session, and starts a fresh machine when that is gone. */
  async arrived(arrival: Promise<void>): Promise<void> {
    await arrival;
    const { restoredFrom, failure, phase } = this.machine;
    if (restoredFrom) {
      this.notice = {
        says: `The machine is as you left it: ${restoredFrom.label}, ${ago(restoredFrom.savedAtMs, Date.now())}.`,
        offersFresh: true,
      };
    }
    if (this.stepSessions.last === undefined || phase !== 'failed' || failure?.kind !== 'arrival' || !navigator.onLine) return;
    await this.start();
    this.notice = {
      says: `The last session could not be restored (${failure.message}), so this machine is fresh. Steps that are done stay done.`,
      offersFresh: false,
    };
  }

  async run(node: string, command: string): Promise<void> {
    this.view = 'terminal';
    // What has become of the machine stands where the terminal is.
    if (this.machine.phase === 'failed') return;
    const starting = this.machine.ensureStarted();
    await this.terminals.run(node, command);
    await starting;
  }

  /** Opens a step and saves the machine as it is at its start, so that it can be gone back to. */
  async openStep(stepIndex: number): Promise<void> {
    const { player } = this;
    if (!player) return;
    const forward = stepIndex > player.state.stepIndex;
    player.open(stepIndex);
    if (!forward) return;
    if (this.#at === undefined) await this.#saveStart(stepIndex);
    else this.#at = Math.max(this.#at, stepIndex);
  }

  async save(): Promise<void> {
    const session = await this.machine.save(`${this.#place()}, on demand`);
    if (session) this.stepSessions.setLast(session.id);
  }

  /** The step whose start "Undo step" leads back to: this one, or the one before when nothing was done here. */
  get undoTarget(): number | undefined {
    if (!this.player || this.machine.phase !== 'running') return undefined;
    if (this.#at !== this.#stepIndex) return this.#stepIndex;
    return this.#stepIndex > 0 ? this.#stepIndex - 1 : undefined;
  }

  async undoStep(): Promise<void> {
    const target = this.undoTarget;
    if (target === undefined || !this.player) return;
    this.player.reopen(target);
    await this.start(this.#startOf(target));
  }

  /** The step that starts with a session; a fresh machine is the first step's. */
  #stepAt(sessionId: string | undefined): number | undefined {
    if (sessionId === undefined) return 0;
    return this.player && this.stepSessions.stepOf(lessonKey(this.player.lesson), sessionId);
  }

  /** A step before which nothing was done starts as the one before it; the first starts fresh. */
  #startOf(stepIndex: number): string | undefined {
    if (!this.player) return undefined;
    for (let index = stepIndex; index > 0; index--) {
      const id = this.stepSessions.startOf(lessonKey(this.player.lesson), index);
      if (id !== undefined && this.machine.sessions.some((session) => session.id === id)) return id;
    }
    return undefined;
  }

  /** Opens or closes the editor; a narrow page turns to it, or back to the terminal. */
  toggleFiles(): void {
    this.filesOpen = !this.filesOpen;
    this.view = this.filesOpen ? 'files' : 'terminal';
  }

  /** Shows what a port serves; without one, a pane to choose it in. */
  openPreview(port?: number): void {
    void this.previews.open(port);
    this.view = 'preview';
  }

  focusNextPane(backwards: boolean): void {
    const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter((pane) => pane.offsetParent !== null);
    const at = panes.findIndex((pane) => pane.contains(document.activeElement));
    const next = panes[(at + (backwards ? panes.length - 1 : 1)) % panes.length];
    const target = next?.querySelector<HTMLElement>('.xterm-helper-textarea, textarea, article, aside, button:not(:disabled)');
    target?.focus();
  }

  #place(): string {
    return this.player ? `${this.player.lesson.title}, step ${this.player.state.stepIndex + 1}` : 'Machine';
  }

  async #saveStart(stepIndex: number): Promise<void> {
    const { player } = this;
    if (!player) return;
    const { lesson } = player;
    const last = stepIndex >= lesson.steps.length;
    this.#at = stepIndex;
    const session = await this.machine.save(last ? `${lesson.title}, finished` : `${lesson.title}, start of step ${stepIndex + 1}`);
    if (session) this.stepSessions.keep(lessonKey(lesson), stepIndex, session.id);
    else if (this.#at === stepIndex) this.#at = undefined;
  }

  #lookAgain(): void {
    this.player?.check();
    this.inspector.refresh();
    this.#quietTurns++;
  }
}
