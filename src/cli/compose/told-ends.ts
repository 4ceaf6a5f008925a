/**
 * Whose ends are told of: those that were made known, each once, also where it starts again. With the end of the last one
 * nothing is told any more.
 * Source: docker/compose 2.26.1 pkg/compose/printer.go.
 */
export class ToldEnds {
  /** By container, whether its next end is told. */
  readonly #next = new Map<string, boolean>();
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  add(id: string): void {
    if (!this.#next.has(id)) this.#next.set(id, true);
  }

  /** @returns whether this end is told */
  ended(id: string, restarts: boolean): boolean {
    const isTold = !this.#isOver && this.#next.get(id) === true;
    if (restarts) this.#next.set(id, false);
    else this.#next.delete(id);
    if (this.#next.size === 0) this.#isOver = true;
    return isTold;
  }
}
