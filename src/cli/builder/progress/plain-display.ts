/**
 * `--progress=plain`: lines that are printed once and stay, each with its step's number. Steps run side by side, so one
 * at a time has the word: it keeps it until it ends, or until another has had much to say for long.
 * Source: BuildKit util/progress/progressui/printer.go.
 */
import { formatFixed } from '../../units/number.ts';
import { amountOf } from './amount.ts';
import { BuildTrace, type Operation, type Step } from './build-trace.ts';
import type { Display } from './display.ts';
import { failedSteps } from './failed-steps.ts';
import type { SolveStatus } from './solve-status.ts';

/** The step that has the word keeps it at least for so long. */
const KEEP_WORD_MS = 5000;
/** Whoever has waited longer gets it. */
const MAX_WAIT_MS = 10_000;
/** An operation's progress is printed again after so much of it, or so long. */
const MIN_PROGRESS = 0.05;
const MIN_PROGRESS_MS = 5000;
/** Lines of a failed step that are repeated. */
const REPEATED_LINES = 10;
/** An operation that took less is printed without its time. */
const SHOWN_SECONDS = 0.01;

/** What has been printed of a step. */
interface Printed {
  index: number;
  warnings: number;
  /** Letters of the unfinished last line. */
  openLetters: number;
  /** The newest lines. */
  recent: string[];
}

export class PlainDisplay implements Display {
  readonly #trace = new BuildTrace(false);
  readonly #printed = new Map<Step, Printed>();
  /** By operation, as last printed. BuildKit does not tell the steps apart here. */
  readonly #progress = new Map<string, { current: number; timestampMs: number }>();
  #speaker: Step | undefined;
  #hasBegun = false;
  #text = '';
  #nowMs = 0;

  /** @param title of the builder, printed first */
  constructor(readonly title: string) {}

  update(status: SolveStatus, nowMs: number): string {
    this.#trace.apply(status, nowMs);
    return '';
  }

  refresh(nowMs: number): string {
    this.#nowMs = nowMs;
    this.#printNews();
    return this.#take();
  }

  done(nowMs: number): string {
    return this.refresh(nowMs) + failedSteps(this.#trace.started, (step) => this.#printed.get(step)?.recent ?? []);
  }

  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  #printNews(): void {
    const news = [...this.#trace.news];
    const completed = news.filter((step) => step.isCompleted).sort((a, b) => (a.completedMs ?? 0) - (b.completedMs ?? 0));
    const running = new Set(news.filter((step) => !step.isCompleted));
    const speaker = this.#speaker;
    const speakerEnded = speaker !== undefined && completed.includes(speaker);
    if (speakerEnded) this.#print(speaker);
    for (const step of completed) if (step !== speaker) this.#print(step);
    if (running.size === 0) {
      if (speaker && speaker.isStarted && !speaker.isCompleted) return;
      const open = [...this.#trace.byDigest.values()].find((step) => step.isStarted && !step.isCompleted);
      if (open) this.#print(open);
      return;
    }
    if (speaker && running.has(speaker)) this.#print(speaker);
    this.#handOver(running, speaker, speakerEnded);
  }

  /** Lets another step speak where that is its turn. */
  #handOver(running: Set<Step>, speaker: Step | undefined, speakerEnded: boolean): void {
    if (speaker) running.add(speaker);
    const waitedMs = (step: Step): number => this.#nowMs - step.news.sinceMs;
    const speed = (step: Step): number => step.news.count / (waitedMs(step) / 1000);
    const hasWaited = (step: Step): boolean => waitedMs(step) > MAX_WAIT_MS && step !== speaker;
    const busiest = [...running].reduce((best, step) => (hasWaited(step) || speed(best) < speed(step) ? step : best));
    if (speakerEnded || !speaker) return this.#print(busiest);
    const waiting = [...running].find(hasWaited);
    if (waiting) return this.#print(waiting);
    const share = speed(speaker) / [...running].reduce((sum, step) => sum + speed(step), 0);
    if (KEEP_WORD_MS / (1 - share) < waitedMs(speaker)) this.#print(busiest);
  }

  #print(step: Step): void {
    const printed = this.#printedOf(step);
    if (step !== this.#speaker) this.#begin(step, printed);
    const stillOpen = this.#printOperations(step, printed);
    for (const warning of step.warnings.slice(printed.warnings)) this.#text += `#${printed.index} WARN: ${warning}\n`;
    printed.warnings = step.warnings.length;
    this.#printLines(step, printed);
    this.#speaker = step;
    if (step.isCompleted && !stillOpen) this.#printEnd(step, printed);
    this.#trace.news.delete(step);
  }

  #printedOf(step: Step): Printed {
    let printed = this.#printed.get(step);
    if (!printed) {
      printed = { index: this.#printed.size + 1, warnings: 0, openLetters: 0, recent: [] };
      this.#printed.set(step, printed);
    }
    return printed;
  }

  /** The step before is left, this one's name is printed. */
  #begin(step: Step, printed: Printed): void {
    const before = this.#speaker;
    const left = before && this.#printed.get(before);
    if (before && left) {
      if (before.lineIsOpen) this.#text += '\n';
      left.openLetters = 0;
      before.news.count = 0;
      this.#text += `#${left.index} ...\n`;
    }
    this.#text += this.#hasBegun ? '\n' : `#0 ${this.title}\n\n`;
    this.#hasBegun = true;
    this.#text += `#${printed.index} ${step.name}\n`;
  }

  /** @returns whether one of those printed goes on */
  #printOperations(step: Step, printed: Printed): boolean {
    let stillOpen = false;
    for (const operation of step.operations) {
      if (!step.news.operations.has(operation.id) || !this.#isWorthPrinting(operation)) continue;
      this.#progress.set(operation.id, { current: operation.current, timestampMs: operation.timestampMs });
      const amount = amountOf(operation);
      const endMs = operation.completedMs ?? operation.timestampMs;
      const seconds = operation.startedMs === undefined ? 0 : (endMs - operation.startedMs) / 1000;
      const time = seconds > SHOWN_SECONDS ? ` ${formatFixed(seconds, 1)}s` : '';
      const done = operation.completedMs !== undefined;
      if (!done) stillOpen = true;
      this.#text += `#${printed.index} ${operation.id}${amount === '' ? '' : ` ${amount}`}${time}${done ? ' done' : ''}\n`;
    }
    step.news.operations.clear();
    return stillOpen;
  }

  #isWorthPrinting({ id, current, total = 0, timestampMs, completedMs }: Operation): boolean {
    const last = this.#progress.get(id);
    if (!last || completedMs !== undefined) return true;
    const progress = total > 0 ? (current - last.current) / total : 0;
    return progress >= MIN_PROGRESS || timestampMs - last.timestampMs >= MIN_PROGRESS_MS;
  }

  #printLines(step: Step, printed: Printed): void {
    for (const [index, line] of step.lines.entries()) {
      const goesOn = index === 0 && printed.openLetters > 0;
      this.#text += goesOn ? line.slice(printed.openLetters) : `#${printed.index} ${line}`;
      const isOpen = index === step.lines.length - 1 && step.lineIsOpen;
      if (!isOpen) {
        this.#text += '\n';
        printed.recent.push(line);
      }
    }
    if (printed.recent.length > REPEATED_LINES) printed.recent = printed.recent.slice(-REPEATED_LINES);
    const open = step.lineIsOpen ? step.lines.at(-1) : undefined;
    if (step.lines.length === 0) return;
    step.lines = open === undefined ? [] : [open];
    printed.openLetters = open?.length ?? 0;
  }

  #printEnd(step: Step, printed: Printed): void {
    this.#speaker = undefined;
    step.news.count = 0;
    if (step.lineIsOpen) {
      this.#text += '\n';
      printed.recent.push(...step.lines);
    }
    this.#text += `#${printed.index} ${this.#endOf(step)}\n`;
  }

  #endOf(step: Step): string {
    if (step.isCanceled) return 'CANCELED';
    if (step.error !== '') return `ERROR: ${step.error}`;
    return step.cached ? 'CACHED' : `DONE ${formatFixed(step.seconds(this.#nowMs), 1)}s`;
  }
}
