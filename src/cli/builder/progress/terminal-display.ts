/**
 * `--progress=tty`: a block of lines that is written over again and again, one line for each step with its time, and
 * below a running step the last lines that it has printed.
 * Source: BuildKit util/progress/progressui/display.go.
 */
import { formatFixed } from '../../units/number.ts';
import { amountOf } from './amount.ts';
import { BuildTrace, type Step } from './build-trace.ts';
import type { Display, TerminalSize } from './display.ts';
import { failedSteps } from './failed-steps.ts';
import { totalSeconds, type Interval } from './intervals.ts';
import { WINDOW_ROWS } from './log-window.ts';
import type { SolveStatus } from './solve-status.ts';

const PREFIX = ' => ';
/** A line with less room for its name is not shown. */
const MIN_NAME = 12;
/** An amount is shown where that leaves some room. */
const MIN_ROOM_FOR_AMOUNT = 20;
/** Times below this are shown as none. */
const SHOWN_SECONDS = 0.05;
/** A step that has had its output shown before is preferred to those that have not. */
const SHOWN_BEFORE_BYTES = 50;

const ESC = '\x1b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const RESET = `${ESC}0m`;
const FAINT = `${ESC}2m`;
const COLORS = { done: `${ESC}34m`, canceled: `${ESC}33m`, failed: `${ESC}31m` };

interface Line {
  name: string;
  amount: string;
  intervals: readonly Interval[];
  isCompleted: boolean;
  color: string;
  /** The step, on its own line. */
  step?: Step;
  showsOutput: boolean;
}

export interface TerminalDisplayOptions {
  /** Shown at the right of the first line. */
  title: string;
  size: () => TerminalSize;
  colors: boolean;
}

export class TerminalDisplay implements Display {
  readonly #trace = new BuildTrace(true);
  readonly #timesShown = new Map<Step, number>();
  #lineCount = 0;
  #isFirst = true;
  /** As it was at the newest update. */
  #size: TerminalSize = { rows: 0, columns: 0 };

  constructor(readonly options: TerminalDisplayOptions) {}

  update(status: SolveStatus, nowMs: number): string {
    this.#size = this.options.size();
    this.#trace.apply(status, nowMs, this.#size.columns);
    return '';
  }

  refresh(nowMs: number): string {
    return this.#draw(nowMs, false);
  }

  done(nowMs: number): string {
    this.#size = this.options.size();
    return this.#draw(nowMs, true) + failedSteps(this.#trace.started, (step) => step.lines);
  }

  #draw(nowMs: number, isLast: boolean): string {
    const { columns } = this.#size;
    const lines = this.#chooseLines(this.#allLines(), isLast);
    let text = `${`${ESC}1A`.repeat(this.#lineCount + 1)}${this.#isFirst ? `${ESC}1B` : ''}${ESC}0G${HIDE_CURSOR}`;
    this.#isFirst = false;
    text += `${this.#headline(nowMs, isLast)}\n`;
    let count = 0;
    for (const line of lines) {
      if (line.intervals.length === 0) continue;
      const shown = this.#lineText(line, nowMs);
      if (shown === undefined) continue;
      text += shown;
      count++;
      if (!line.showsOutput || !line.step) continue;
      this.#timesShown.set(line.step, (this.#timesShown.get(line.step) ?? 0) + 1);
      line.step.window?.resize(columns);
      for (const output of line.step.window?.lines() ?? []) {
        text += `${FAINT} => => # ${output}\n${RESET}`;
        count++;
      }
    }
    const surplus = this.#lineCount - count;
    if (surplus > 0) text += `${`${' '.repeat(columns)}\n`.repeat(surplus)}${ESC}${surplus}A${ESC}0G`;
    this.#lineCount = count;
    return text + SHOW_CURSOR;
  }

  #headline(nowMs: number, isLast: boolean): string {
    const { columns } = this.#size;
    const completed = this.#trace.completedCount;
    const total = this.#trace.byDigest.size;
    const finished = isLast && completed > 0 && completed === total ? 'FINISHED' : '';
    const seconds = (nowMs - (this.#trace.startMs ?? nowMs)) / 1000;
    const left = `[+] Building ${formatFixed(seconds, 1)}s (${completed}/${total}) ${finished}`;
    return aligned(left, this.options.title, columns - 1).slice(0, columns);
  }

  #lineText(line: Line, nowMs: number): string | undefined {
    const { columns } = this.#size;
    const skew = this.#trace.skewMs;
    const seconds = totalSeconds(line.intervals, nowMs - skew);
    const timer = ` ${formatFixed(seconds < SHOWN_SECONDS ? 0 : seconds, 1)}s\n`;
    let room = columns - PREFIX.length - timer.length - 1;
    let amount = '';
    if (line.amount !== '' && room + line.amount.length > MIN_ROOM_FOR_AMOUNT) {
      amount = ` ${line.amount}`;
      room -= amount.length;
    }
    if (room < MIN_NAME) return undefined;
    const text = aligned(PREFIX + [...line.name].slice(0, room).join('') + amount, timer, columns);
    return line.isCompleted && line.color !== '' ? `${line.color}${text}${RESET}` : text;
  }

  #allLines(): Line[] {
    return this.#trace.started.flatMap((step) => [
      this.#stepLine(step),
      ...step.operations.map((operation): Line => {
        const { id, startedMs, completedMs } = operation;
        return {
          name: `=> ${id}`,
          amount: amountOf(operation),
          intervals: startedMs === undefined ? [] : [{ startMs: startedMs, stopMs: completedMs }],
          isCompleted: completedMs !== undefined,
          color: this.#color('done'),
          showsOutput: false,
        };
      }),
      ...step.warnings.map((warning): Line => ({
        name: `WARN: ${warning}`,
        amount: '',
        intervals: step.intervals.slice(-1),
        isCompleted: false,
        color: '',
        showsOutput: false,
      })),
    ]);
  }

  #stepLine(step: Step): Line {
    const failure = step.error === '' ? '' : step.isCanceled ? 'CANCELED ' : 'ERROR ';
    return {
      name: `${step.cached ? 'CACHED ' : ''}${failure}${step.name.replaceAll('\t', ' ')}`,
      amount: '',
      intervals: step.intervals,
      isCompleted: step.intervals.every(({ stopMs }) => stopMs !== undefined),
      color: this.#color(step.error === '' ? 'done' : step.isCanceled ? 'canceled' : 'failed'),
      step,
      showsOutput: false,
    };
  }

  #color(name: keyof typeof COLORS): string {
    return this.options.colors ? COLORS[name] : '';
  }

  /** Decides which running steps show their output, and leaves out what does not fit below each other. */
  #chooseLines(lines: Line[], isLast: boolean): Line[] {
    const { rows } = this.#size;
    const weight = ({ step }: Line): number => (step ? step.printedBytes + (this.#timesShown.get(step) ?? 0) * SHOWN_BEFORE_BYTES : 0);
    const speaking = lines.filter(({ step, isCompleted }) => step && step.printedBytes > 0 && !isCompleted);
    let free = rows - 2 - lines.filter(({ isCompleted }) => !isCompleted).length;
    let hidden = 0;
    for (const line of speaking.sort((a, b) => weight(b) - weight(a))) {
      if (free <= WINDOW_ROWS + 3) break;
      line.showsOutput = true;
      hidden += line.step?.window?.lines().length ?? 0;
      free -= WINDOW_ROWS + 3;
    }
    return isLast ? lines : fitting(lines, rows - 2 - hidden);
  }
}

/** The newest lines; those that still run take the place of others when they would be cut. */
function fitting(lines: Line[], limit: number): Line[] {
  if (limit < 0) return [];
  if (lines.length <= limit) return lines;
  const shown = lines.slice(lines.length - limit);
  const running = lines.slice(0, lines.length - limit).filter(({ isCompleted }) => !isCompleted);
  const kept = shown.filter(({ isCompleted }, index) => !isCompleted || index >= running.length);
  const free = shown.length - kept.length;
  return [...running.slice(running.length - free), ...kept];
}

/** Two texts at both ends of a line. */
function aligned(left: string, right: string, columns: number): string {
  const width = columns - right.length - 1;
  return `${left}${' '.repeat(Math.max(0, width - [...left].length))} ${right}`;
}
