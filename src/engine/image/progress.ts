/** What a transfer says while it runs, in Docker's words; routes write it as progress JSON. */

export type Progress =
  /** A line of its own: `Pulling from library/busybox`, `Digest: sha256:…`. */
  | { kind: 'message'; text: string; id?: string }
  /** A layer's state; with counts while bytes move. */
  | { kind: 'action'; id: string; action: string; current?: number; total?: number };

/** A push also says, for programs, what it made. */
export type PushProgress = Progress | { kind: 'pushed'; tag: string; digest: string; sizeBytes: number };

export type ProgressSink = (progress: Progress) => void;

/** Least time between two counts of one layer. */
const intervalMs = 100;

/** Counts bytes and tells the sink now and then: every percent, at most ten times a second, and at the end. */
export class ByteProgress {
  #current: number;
  #toldAt = 0;
  #toldMs = -Infinity;

  constructor(
    readonly sink: ProgressSink,
    readonly now: () => number,
    readonly id: string,
    readonly action: string,
    readonly total: number,
    /** Known already when counting begins. */
    current = 0,
  ) {
    this.#current = current;
  }

  /** @param isLast there is no more, however much was expected */
  add(byteCount: number, isLast = false): void {
    this.#current += byteCount;
    const step = Math.min(512 * 1024, this.total * 0.01);
    const due = this.#current - this.#toldAt > step && this.now() - this.#toldMs >= intervalMs;
    if (due || isLast || this.#current === this.total) this.#tell();
  }

  #tell(): void {
    this.#toldAt = this.#current;
    this.#toldMs = this.now();
    this.sink({ kind: 'action', id: this.id, action: this.action, current: this.#current, total: this.total });
  }
}
