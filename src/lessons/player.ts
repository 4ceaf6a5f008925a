/**
 * Plays one lesson: which step is open, which are done, and how its goals stand. Goals are looked at
 * again after each engine event, and when the page asks. A step is done once all its goals were met
 * together, and stays done whatever happens to the containers later. A Svelte store; knows no DOM.
 */
import type { EngineView } from './engine-view.ts';
import { type Lesson, lessonKey, type Step } from './format.ts';
import type { Verdict } from './goals/goal-kind.ts';
import { checkGoal } from './goals/vocabulary.ts';
import type { Progress } from './progress.ts';

export interface PlayerState {
  stepIndex: number;
  /** By step index. A step without goals is done once the reader went on. */
  done: boolean[];
  /** The open step's goals; undefined while nobody has looked (no machine yet). */
  verdicts: (Verdict | undefined)[];
}

export class Player {
  readonly lesson: Lesson;
  readonly #progress: Progress;
  readonly #subscribers = new Set<(state: PlayerState) => void>();
  #state: PlayerState;
  #engine: EngineView | undefined;
  #leave: (() => void) | undefined;
  #checking: Promise<void> | undefined;
  #stale = false;

  constructor(lesson: Lesson, progress: Progress) {
    this.lesson = lesson;
    this.#progress = progress;
    const saved = progress.of(lessonKey(lesson));
    const stepIndex = Math.min(saved.stepIndex, lesson.steps.length - 1);
    this.#state = { stepIndex, done: lesson.steps.map((_, index) => saved.done[index] ?? false), verdicts: [] };
    this.#state.verdicts = this.#unknown(stepIndex);
  }

  get state(): PlayerState {
    return this.#state;
  }

  get step(): Step {
    return this.#stepAt(this.#state.stepIndex);
  }

  subscribe(listener: (state: PlayerState) => void): () => void {
    this.#subscribers.add(listener);
    listener(this.#state);
    return () => this.#subscribers.delete(listener);
  }

  /** Opens a step; the one before counts as done when it asked for nothing. */
  open(stepIndex: number): void {
    if (stepIndex < 0 || stepIndex >= this.lesson.steps.length || stepIndex === this.#state.stepIndex) return;
    const done = this.#state.done.slice();
    if (stepIndex > this.#state.stepIndex && this.step.goals.length === 0) done[this.#state.stepIndex] = true;
    this.#change({ stepIndex, done, verdicts: this.#unknown(stepIndex) });
    this.check();
  }

  /** Takes back that a step and those after it are done, and opens it. */
  reopen(stepIndex: number): void {
    const done = this.#state.done.map((was, index) => was && index < stepIndex);
    this.#change({ stepIndex, done, verdicts: this.#stepAt(stepIndex).goals.map(() => undefined) });
    this.check();
  }

  /** Watches an engine; undefined when the machine is gone. */
  watch(engine: EngineView | undefined): void {
    this.#leave?.();
    this.#engine = engine;
    this.#leave = engine?.onEvent(() => this.check());
    if (engine) this.check();
    else this.#change({ ...this.#state, verdicts: this.#unknown(this.#state.stepIndex) });
  }

  /** Looks at the goals again, soon; calls during a look lead to one more. */
  check(): void {
    this.#stale = true;
    this.#checking ??= this.#checkUntilFresh().finally(() => (this.#checking = undefined));
  }

  /** Resolves when no look is under way. */
  async settled(): Promise<void> {
    while (this.#checking) await this.#checking;
  }

  async #checkUntilFresh(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      const engine = this.#engine;
      const { stepIndex } = this.#state;
      if (!engine || this.#state.done[stepIndex]) return;
      const { goals } = this.#stepAt(stepIndex);
      let verdicts: Verdict[];
      try {
        verdicts = await Promise.all(goals.map((goal) => checkGoal(goal, engine)));
      } catch {
        // The engine is stopped or the machine is going; the next event brings us back.
        continue;
      }
      if (engine !== this.#engine || stepIndex !== this.#state.stepIndex) continue;
      const done = this.#state.done.slice();
      done[stepIndex] = goals.length > 0 && verdicts.every((verdict) => verdict.met);
      this.#change({ ...this.#state, done, verdicts });
    }
  }

  #change(state: PlayerState): void {
    this.#state = state;
    this.#progress.keep(lessonKey(this.lesson), { stepIndex: state.stepIndex, done: state.done });
    for (const listener of [...this.#subscribers]) listener(state);
  }

  /** A done step shows its goals as met without asking. */
  #unknown(stepIndex: number): (Verdict | undefined)[] {
    const done = this.#state.done[stepIndex] ?? false;
    return this.#stepAt(stepIndex).goals.map(() => (done ? { met: true } : undefined));
  }

  #stepAt(index: number): Step {
    const step = this.lesson.steps[index];
    if (!step) throw new Error(`lesson ${lessonKey(this.lesson)} has no step ${index}`);
    return step;
  }
}
