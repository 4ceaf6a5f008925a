/**
 * Ends of processes that a node's process 1 adopted. A container may end before its process id is known
 * to whoever waits for it, so reports that nobody asked for yet are kept for a while.
 */
/** Unclaimed reports kept: more than containers that can be starting at one time, with their stray children. */
const KEPT = 512;

interface Report {
  sequence: number;
  key: string;
  status: number;
}

export class OrphanExits {
  onExit: (node: number, nodePid: number, status: number) => void = () => {};
  #sequence = 0;
  #reports: Report[] = [];
  readonly #waiting = new Map<string, { resolve: (status: number) => void; reject: (error: Error) => void }>();

  mark(): number {
    return this.#sequence;
  }

  report(node: number, nodePid: number, status: number): void {
    const key = `${node}:${nodePid}`;
    this.#sequence++;
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiting) waiting.resolve(status);
    else this.#reports = [...this.#reports.slice(1 - KEPT), { sequence: this.#sequence, key, status }];
    this.onExit(node, nodePid, status);
  }

  /** The end of a process that had not ended at `mark`. */
  wait(node: number, nodePid: number, mark: number): Promise<number> {
    const key = `${node}:${nodePid}`;
    const index = this.#reports.findIndex((report) => report.key === key && report.sequence > mark);
    const [report] = index < 0 ? [] : this.#reports.splice(index, 1);
    if (report) return Promise.resolve(report.status);
    return new Promise((resolve, reject) => this.#waiting.set(key, { resolve, reject }));
  }

  fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
