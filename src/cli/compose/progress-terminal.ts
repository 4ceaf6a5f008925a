/**
 * Compose's progress on a terminal: `[+] Running 2/2` and a line for each event with its time, drawn over the last
 * drawing. A value in, text out.
 * Source: docker/compose 2.26.1 pkg/progress/{tty,spinner,colors}.go.
 */
import { humanSize } from '../units/size.ts';
import type { ProgressEvent, ProgressStatus } from './progress.ts';

const ESC = '\x1b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const GREEN = '32';
const BLUE = '34';
const SPINNER = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
/** A spinner stands still this long at first. */
const SPINNER_START_MS = 100;
const BARS = [...'⠀⡀⣀⣄⣤⣦⣶⣷⣿'];
const MARKS: Record<Exclude<ProgressStatus, 'working'>, string> = {
  done: paint('✔', GREEN),
  warning: paint('!', '33'),
  error: paint('✘', '31'),
};
const COLORS: Partial<Record<ProgressStatus, string>> = { done: GREEN, warning: '33', error: '31' };

interface Entry extends ProgressEvent {
  startedMs: number;
  endedMs?: number | undefined;
  spin: number;
}

export interface TerminalProgressOptions {
  title: string;
  prefix: string;
  size: () => { rows: number; columns: number };
}

export class TerminalProgress {
  readonly #entries = new Map<string, Entry>();
  readonly #options: TerminalProgressOptions;
  #lineCount = 0;
  #isFirst = true;
  #skipsChildren = false;

  constructor(options: TerminalProgressOptions) {
    this.#options = options;
  }

  event(event: ProgressEvent, nowMs: number): void {
    const last = this.#entries.get(event.id);
    if (!last) {
      const isOver = event.status === 'done' || event.status === 'error';
      this.#entries.set(event.id, { ...event, startedMs: nowMs, endedMs: isOver ? nowMs : undefined, spin: 0 });
      return;
    }
    if (event.status === 'working') last.endedMs = undefined;
    else if (last.status !== event.status) last.endedMs = nowMs;
    last.status = event.status;
    last.text = event.text;
    last.statusText = event.statusText;
    // Progress only goes up.
    for (const key of ['total', 'current', 'percent'] as const) last[key] = Math.max(last[key] ?? 0, event[key] ?? 0);
    // A parent may come or go, not change.
    if (!last.parentId || !event.parentId) last.parentId = event.parentId;
  }

  /** The escape sequences and lines that bring the terminal up to date. */
  draw(nowMs: number): string {
    const entries = [...this.#entries.values()];
    if (entries.length === 0) return '';
    const { rows, columns } = this.#options.size();
    let text = `${`${ESC}1A`.repeat(this.#lineCount + 1)}${this.#isFirst ? `${ESC}1B` : ''}${ESC}0G${HIDE_CURSOR}`;
    this.#isFirst = false;
    const doneCount = entries.filter(({ status }) => status === 'done').length;
    // The second number is that of the lines drawn last time.
    const head = `[+] ${this.#options.title} ${doneCount}/${this.#lineCount}`;
    text += `${this.#lineCount !== 0 && doneCount === this.#lineCount ? paint(head, BLUE) : head}\n`;
    if (entries.length > rows - 2) this.#skipsChildren = true;
    const padding = statusPadding(entries);
    let count = 0;
    for (const entry of entries) {
      if (entry.parentId) continue;
      const children = entries.filter(({ parentId }) => parentId === entry.id);
      const shown = this.#skipsChildren ? [] : children;
      text += this.#line(entry, '', children, columns, padding, nowMs);
      for (const child of shown) text += this.#line(child, '  ', [], columns, padding, nowMs);
      count += 1 + shown.length;
    }
    for (let line = count; line < this.#lineCount && count < rows - 2; line++, count++) text += `${' '.repeat(columns)}\n`;
    this.#lineCount = count;
    return text + SHOW_CURSOR;
  }

  #line(entry: Entry, pad: string, children: Entry[], columns: number, statusPad: number, nowMs: number): string {
    const endMs = entry.status === 'working' ? nowMs : (entry.endedMs ?? entry.startedMs);
    const timer = `${((endMs - entry.startedMs) / 1000).toFixed(1)}s `;
    const label = labelOf(entry, children);
    const room = columns - label.length - statusPad - 15;
    let status = entry.statusText ?? '';
    if (room > 0 && status.length > room) status = `${status.slice(0, room)}...`;
    const color = COLORS[entry.status];
    const mark = entry.status === 'working' ? paint(this.#spinner(entry, nowMs), '33') : MARKS[entry.status];
    const prefix = this.#options.prefix && paint(this.#options.prefix, '36');
    const left = `${pad} ${mark} ${prefix}${label}${' '.repeat(Math.max(0, statusPad - label.length))} ${color ? paint(status, color) : status}`;
    const gap = Math.max(0, columns - visibleLength(left) - timer.length);
    return `${left}${' '.repeat(gap)}${paint(timer, BLUE)}\n`;
  }

  #spinner(entry: Entry, nowMs: number): string {
    if (nowMs - entry.startedMs > SPINNER_START_MS) entry.spin = (entry.spin + 1) % SPINNER.length;
    return SPINNER[entry.spin]!;
  }
}

/** Its id, while it works a bar for each part with the bytes of all, its text. */
function labelOf({ id, text = '', status }: Entry, children: Entry[]): string {
  if (status !== 'working' || children.length === 0) return `${id} ${text}`;
  const bars = children.map(({ percent = 0 }) => BARS[Math.trunc(((BARS.length - 1) * percent) / 100)]!).join('');
  const sum = (key: 'total' | 'current'): number => children.reduce((all, child) => all + (child[key] ?? 0), 0);
  const isKnown = sum('total') > 0 && children.every((child) => child.status !== 'working' || (child.total ?? 0) > 0);
  const details = isKnown ? ` ${humanSize(sum('current')).padStart(7)} / ${humanSize(sum('total')).padEnd(7)}` : '';
  return `${id} [${paint(bars, GREEN)}]${details} ${text}`;
}

/** How wide the column of ids is. */
function statusPadding(entries: readonly Entry[]): number {
  let width = 0;
  for (const { id, text = '', parentId } of entries) {
    width = Math.max(width, new TextEncoder().encode(`${id} ${text}`).length);
    if (parentId) width -= 2;
  }
  return width;
}

function paint(text: string, color: string): string {
  return `${ESC}${color}m${text}${ESC}0m`;
}

function visibleLength(text: string): number {
  return [...text.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '')].length;
}
