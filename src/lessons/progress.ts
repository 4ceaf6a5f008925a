/**
 * What a learner has done, kept over a reload: per lesson the current step, which steps are done, and
 * the session saved at the start of each step. Lives in whatever the page offers (localStorage);
 * unreadable content counts as none.
 */

export interface ProgressStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface LessonProgress {
  stepIndex: number;
  /** By step index. */
  done: boolean[];
}

const key = 'drydock.progress.1';

export class Progress {
  readonly #storage: ProgressStorage;

  constructor(storage: ProgressStorage) {
    this.#storage = storage;
  }

  of(lesson: string): LessonProgress {
    const saved = this.#all()[lesson];
    const done = Array.isArray(saved?.done) ? saved.done.map(Boolean) : [];
    const stepIndex = Number.isInteger(saved?.stepIndex) ? Math.max(0, Number(saved?.stepIndex)) : 0;
    return { stepIndex, done };
  }

  keep(lesson: string, progress: LessonProgress): void {
    try {
      this.#storage.setItem(key, JSON.stringify({ ...this.#all(), [lesson]: progress }));
    } catch {
      // Storage is full or forbidden: the lesson works, a reload starts it over.
    }
  }

  #all(): Record<string, Partial<LessonProgress> | undefined> {
    try {
      const all: unknown = JSON.parse(this.#storage.getItem(key) ?? '{}');
      return typeof all === 'object' && all !== null ? (all as Record<string, Partial<LessonProgress>>) : {};
    } catch {
      return {};
    }
  }
}
