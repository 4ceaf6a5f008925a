/** What the last builds did with the lines of their Dockerfiles: what an editor shows beside them. */
import type { BuildLineOutcome } from '../api/types/build.ts';

/** Whoever edits looks at a few files; what is longer is not kept. */
const KEPT_FILES = 16;
export const KEPT_LENGTH = 64 << 10;

export class LineOutcomes {
  /** By the Dockerfile's text, oldest first. */
  readonly #byText = new Map<string, BuildLineOutcome[]>();

  /** A build begins; what an earlier one of the same text did is forgotten. @returns takes what it does with a line */
  begin(text: string): (outcome: BuildLineOutcome) => void {
    const outcomes: BuildLineOutcome[] = [];
    this.#byText.delete(text);
    if (text.length <= KEPT_LENGTH) this.#byText.set(text, outcomes);
    for (const oldest of this.#byText.keys()) {
      if (this.#byText.size <= KEPT_FILES) break;
      this.#byText.delete(oldest);
    }
    return (outcome) => void outcomes.push(outcome);
  }

  /** Empty when no build of it is remembered. */
  of(text: string): readonly BuildLineOutcome[] {
    return this.#byText.get(text) ?? [];
  }
}
