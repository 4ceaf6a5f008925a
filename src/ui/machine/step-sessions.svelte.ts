/**
 * Which saved session belongs to the start of which step, so that "Undo step" and a reload find the
 * machine as it was. Ids only; the sessions themselves are the machine's.
 */

const key = 'drydock.step-sessions.1';

interface Kept {
  /** Session of the start of a step, by `<lesson>#<step index>`. */
  steps: Record<string, string>;
  /** What a reload restores. */
  last?: string;
}

export class StepSessions {
  #kept = $state.raw<Kept>({ steps: {} });

  constructor() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Kept>;
      if (typeof kept.steps === 'object') this.#kept = { steps: kept.steps, last: kept.last };
    } catch {
      // None kept.
    }
  }

  get last(): string | undefined {
    return this.#kept.last;
  }

  startOf(lesson: string, stepIndex: number): string | undefined {
    return this.#kept.steps[`${lesson}#${stepIndex}`];
  }

  stepOf(lesson: string, sessionId: string): number | undefined {
    const key = Object.keys(this.#kept.steps).find((one) => one.startsWith(`${lesson}#`) && this.#kept.steps[one] === sessionId);
    return key === undefined ? undefined : Number(key.slice(lesson.length + 1));
  }

  keep(lesson: string, stepIndex: number, sessionId: string): void {
    this.#set({ steps: { ...this.#kept.steps, [`${lesson}#${stepIndex}`]: sessionId }, last: sessionId });
  }

  /** From now on a reload restores this one, or nothing. */
  setLast(sessionId: string | undefined): void {
    this.#set({ ...this.#kept, last: sessionId });
  }

  #set(kept: Kept): void {
    this.#kept = kept;
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      // Undo works until the tab is closed.
    }
  }
}
