/** A request's wish to stop, handed down to whatever works for it. */
import { EngineError } from './errors.ts';

export class Cancellation {
  #cancelled = false;
  readonly #listeners = new Set<() => void>();

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Calls back on cancelling, at once when it has happened; the returned function stops that. */
  onCancel(listener: () => void): () => void {
    if (this.#cancelled) listener();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws EngineError `cancelled` `context canceled` when it was cancelled */
  check(): void {
    if (this.#cancelled) throw new EngineError('cancelled', 'context canceled');
  }
}
