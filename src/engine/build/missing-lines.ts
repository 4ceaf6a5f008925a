/** While a step runs: one line for each thing that it asked for and that is not here, as there is no internet. */
import type { Outside } from '../outside.ts';

/** Of one step; the first say it. */
const maxLines = 5;

export class MissingLines {
  readonly #say: (line: Uint8Array) => void;
  readonly #lists = new Set<string>();
  readonly #told = new Set<string>();
  readonly stop: () => void;

  /** @param say gets a line with its end */
  constructor(outside: Outside, say: (line: Uint8Array) => void) {
    this.#say = say;
    this.stop = outside.watch(({ kind, line }) => (kind === 'list' ? void this.#lists.add(line) : this.#tell(line)));
  }

  /** The step failed: what apt looked for may have been in none of the lists it read. */
  tellLists(): void {
    for (const line of this.#lists) this.#tell(line);
  }

  #tell(line: string): void {
    if (this.#told.has(line) || this.#told.size >= maxLines) return;
    this.#told.add(line);
    this.#say(new TextEncoder().encode(`${line}\n`));
  }
}
