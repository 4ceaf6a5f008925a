/**
 * All that is known of a running build, put together from its status documents. Displays read it; what they have
 * shown is theirs to remember.
 * Source: BuildKit util/progress/progressui.
 */
import { mergeIntervals, totalSeconds, type Interval } from './intervals.ts';
import { LogWindow } from './log-window.ts';
import { timeOf, type LogUpdate, type OperationUpdate, type SolveStatus, type VertexUpdate, type WarningUpdate } from './solve-status.ts';
import { bytesFromBase64, textOf } from './text-of.ts';
import { formatFixed } from '../../units/number.ts';

/** A step's newest lines that are kept to be shown when it fails. */
const MAX_KEPT_LINES = 10_000;
/** Longer lines are cut: a program may print without ever ending one. */
const MAX_LINE_LETTERS = 64 * 1024;

export interface Operation extends OperationUpdate {
  startedMs: number | undefined;
  completedMs: number | undefined;
  timestampMs: number;
}

export class Step {
  name = '';
  error = '';
  cached = false;
  /** By their start, since an update of the same run takes its place. */
  readonly #runs = new Map<number, Interval>();
  #intervals: Interval[] = [];
  /** Operations that have started, in that order. */
  operations: Operation[] = [];
  readonly operationById = new Map<string, Operation>();
  readonly warnings: string[] = [];
  /** `0.123 text`: seconds since the step's start, and what was printed; the last may be unfinished. */
  lines: string[] = [];
  lineIsOpen = false;
  /** Number of bytes printed. */
  printedBytes = 0;
  readonly window: LogWindow | undefined;
  readonly #decoder = new TextDecoder();
  /** What has happened since a display last showed the step. */
  readonly news = { count: 0, sinceMs: 0, operations: new Set<string>() };
  #announced: VertexUpdate | undefined;

  constructor(
    readonly digest: string,
    columns: number | undefined,
  ) {
    this.window = columns === undefined ? undefined : new LogWindow(columns);
  }

  get intervals(): readonly Interval[] {
    return this.#intervals;
  }

  get isStarted(): boolean {
    return this.#intervals.length > 0;
  }

  /** Its newest run has ended. */
  get isCompleted(): boolean {
    return this.#intervals.at(-1)?.stopMs !== undefined;
  }

  /** When its newest run ended. */
  get completedMs(): number | undefined {
    return this.#intervals.at(-1)?.stopMs;
  }

  get isCanceled(): boolean {
    return this.error.endsWith('context canceled');
  }

  seconds(nowMs: number): number {
    return totalSeconds(this.#intervals, nowMs);
  }

  /** @returns whether there is something new to show */
  update(vertex: VertexUpdate, nowMs: number): boolean {
    const startedMs = timeOf(vertex.started);
    // A second announcement without a start takes nothing back.
    if (!this.isStarted || startedMs !== undefined) {
      this.name = vertex.name ?? '';
      this.error = vertex.error ?? '';
      this.cached = vertex.cached ?? false;
    }
    if (startedMs === undefined) return false;
    const before = this.#announced;
    this.#announced = vertex;
    this.#runs.set(startedMs, { startMs: startedMs, stopMs: timeOf(vertex.completed) });
    this.#intervals = mergeIntervals(this.#runs.values());
    const isNew =
      before?.name !== vertex.name ||
      before?.started !== vertex.started ||
      vertex.completed !== undefined ||
      (before?.cached ?? false) !== (vertex.cached ?? false) ||
      (before?.error ?? '') !== (vertex.error ?? '');
    if (isNew) this.happened(nowMs);
    return isNew;
  }

  operate(update: OperationUpdate, nowMs: number): void {
    const operation: Operation = {
      ...update,
      startedMs: timeOf(update.started),
      completedMs: timeOf(update.completed),
      timestampMs: timeOf(update.timestamp) ?? 0,
    };
    const known = this.operationById.get(update.id);
    if (operation.startedMs !== undefined && known?.startedMs === undefined) this.operations.push(known ?? operation);
    if (known) Object.assign(known, blank, operation);
    else this.operationById.set(update.id, operation);
    this.news.operations.add(update.id);
    this.happened(nowMs);
  }

  print(log: LogUpdate, nowMs: number): void {
    const bytes = bytesFromBase64(log.data);
    if (bytes.length === 0) return;
    this.printedBytes += bytes.length;
    const text = this.#decoder.decode(bytes, { stream: true });
    this.window?.write(text);
    const pieces = text.split('\n');
    // After the last line's end there is nothing.
    const ended = pieces.at(-1) === '';
    if (ended) pieces.pop();
    const started = this.#intervals.at(-1)?.startMs;
    const at = ((timeOf(log.timestamp) ?? 0) - (started ?? timeOf(log.timestamp) ?? 0)) / 1000;
    for (const [index, piece] of pieces.entries()) {
      if (index === 0 && this.lineIsOpen && this.lines.length > 0) this.#appendToLast(piece);
      else this.lines.push(`${formatFixed(at, at < 10 ? 3 : at < 100 ? 2 : 1)} ${piece.slice(0, MAX_LINE_LETTERS)}`);
    }
    if (this.lines.length > 2 * MAX_KEPT_LINES) this.lines = this.lines.slice(-MAX_KEPT_LINES);
    this.lineIsOpen = !ended;
    this.happened(nowMs);
  }

  warn(warning: WarningUpdate, nowMs: number): void {
    this.warnings.push(textOf(warning.short));
    this.happened(nowMs);
  }

  happened(nowMs: number): void {
    if (this.news.count === 0) this.news.sinceMs = nowMs;
    this.news.count++;
  }

  #appendToLast(piece: string): void {
    const last = this.lines.at(-1) ?? '';
    this.lines[this.lines.length - 1] = last.length > MAX_LINE_LETTERS ? last : last + piece.slice(0, MAX_LINE_LETTERS);
  }
}

/** An update replaces what was known: what it does not name is gone. */
const blank = { total: undefined, name: undefined, started: undefined, completed: undefined };

export class BuildTrace {
  readonly byDigest = new Map<string, Step>();
  /** Steps in the order in which they started. */
  readonly started: Step[] = [];
  /** Steps with something that a display has not shown. */
  readonly news = new Set<Step>();
  readonly warnings: WarningUpdate[] = [];
  #firstStartedMs: number | undefined;
  #skewMs: number | undefined;

  /** @param wantsWindows keep a small terminal for each step */
  constructor(readonly wantsWindows: boolean) {}

  /** What this clock shows at the time that the builder's shows for the build's start; undefined before. */
  get startMs(): number | undefined {
    return this.#firstStartedMs === undefined ? undefined : this.#firstStartedMs + this.skewMs;
  }

  /** How far this clock is ahead of the builder's. */
  get skewMs(): number {
    return this.#skewMs ?? 0;
  }

  get completedCount(): number {
    let count = 0;
    for (const step of this.byDigest.values()) if (step.isCompleted) count++;
    return count;
  }

  /** @param columns of a step's small terminal, where there are some */
  apply(status: SolveStatus, nowMs: number, columns = 80): void {
    for (const vertex of status.vertexes ?? []) this.#applyVertex(vertex, nowMs, columns);
    for (const update of status.statuses ?? []) {
      const step = this.byDigest.get(update.vertex ?? '');
      if (!step) continue;
      step.operate(update, nowMs);
      this.news.add(step);
    }
    for (const warning of status.warnings ?? []) {
      this.warnings.push(warning);
      this.byDigest.get(warning.vertex ?? '')?.warn(warning, nowMs);
    }
    for (const log of status.logs ?? []) {
      const step = this.byDigest.get(log.vertex ?? '');
      if (!step) continue;
      step.window?.resize(columns);
      step.print(log, nowMs);
      this.news.add(step);
    }
  }

  #applyVertex(vertex: VertexUpdate, nowMs: number, columns: number): void {
    const startedMs = timeOf(vertex.started);
    this.#firstStartedMs ??= startedMs;
    let step = this.byDigest.get(vertex.digest);
    if (!step) {
      step = new Step(vertex.digest, this.wantsWindows ? columns : undefined);
      this.byDigest.set(vertex.digest, step);
    }
    if (startedMs !== undefined && !step.isStarted) {
      this.#skewMs ??= nowMs - startedMs;
      this.started.push(step);
    }
    if (step.update(vertex, nowMs)) this.news.add(step);
  }
}
