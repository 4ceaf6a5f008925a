/** How a build's progress is shown. A display is told what happens and gives the text to print; it writes nothing itself. */
import type { SolveStatus } from './solve-status.ts';

export interface Display {
  /** Takes note. Text that must be printed at once is given; the rest comes with `refresh`. */
  update(status: SolveStatus, nowMs: number): string;
  /** The text that brings what is shown up to date. */
  refresh(nowMs: number): string;
  /** The last text. */
  done(nowMs: number): string;
}

export interface TerminalSize {
  rows: number;
  columns: number;
}

/** `docker build -q`, or `--progress=quiet`: nothing. */
export const quietDisplay: Display = { update: () => '', refresh: () => '', done: () => '' };

/** `--progress=rawjson`: the documents themselves, one a line. */
export const rawJsonDisplay: Display = { ...quietDisplay, update: (status) => `${rawJson(status)}\n` };

/** Go's encoder escapes what HTML would read. */
function rawJson(status: SolveStatus): string {
  return JSON.stringify(status).replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
