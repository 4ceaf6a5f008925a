/**
 * What Compose tells of its work on standard error: one line for each event, or on a terminal a block of lines that is
 * written over. Holds no words of any command but those that several share.
 * Source: docker/compose 2.26.1 pkg/progress/{writer,plain,event}.go.
 */
import type { CliEnvironment } from '../environment.ts';
import { TerminalProgress } from './progress-terminal.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet';
export type ProgressStatus = 'working' | 'done' | 'warning' | 'error';

export interface ProgressEvent {
  /** What it is about: `Container demo-web-1`. The next event of the same id takes its line. */
  id: string;
  /** The event of which it is a part: a layer of an image. */
  parentId?: string;
  text?: string;
  status: ProgressStatus;
  statusText?: string;
  current?: number;
  total?: number;
  percent?: number;
}

export interface ProgressWriter {
  event(event: ProgressEvent): void;
  /** A line after everything else. */
  tail(line: string): void;
}

export interface ProgressOptions {
  mode: ProgressMode;
  /** The first word of the terminal's block; `Running` unless said. */
  title?: string;
  /** `--dry-run`. */
  dryRun?: boolean;
}

export const DRY_RUN_PREFIX = ' DRY-RUN MODE - ';
const REFRESH_MS = 100;

/** Runs work that tells of itself, and returns when all of that has been written. */
export async function withProgress<T>(
  environment: CliEnvironment,
  options: ProgressOptions,
  work: (writer: ProgressWriter) => Promise<T>,
): Promise<T> {
  const { stderr } = environment;
  const mode = options.mode === 'auto' ? (stderr.isTerminal ? 'tty' : 'plain') : options.mode;
  if (mode === 'quiet') return work({ event: () => {}, tail: () => {} });
  return mode === 'tty' ? onTerminal(environment, options, work) : inLines(environment, options, work);
}

async function inLines<T>(
  { stderr }: CliEnvironment,
  { dryRun = false }: ProgressOptions,
  work: (writer: ProgressWriter) => Promise<T>,
): Promise<T> {
  const prefix = dryRun ? DRY_RUN_PREFIX : '';
  let written = Promise.resolve();
  let failure: unknown;
  const write = (line: string): void => {
    written = written.then(() => stderr.write(`${line}\n`)).catch((error: unknown) => void (failure ??= error));
  };
  try {
    return await work({
      event: ({ id, text = '', statusText = '' }) => write(`${prefix} ${id} ${text} ${statusText}`),
      tail: (line) => write(`${prefix}${line}`),
    });
  } finally {
    await written;
    if (failure !== undefined) throw failure;
  }
}

async function onTerminal<T>(
  { stderr, clock }: CliEnvironment,
  { title = 'Running', dryRun = false }: ProgressOptions,
  work: (writer: ProgressWriter) => Promise<T>,
): Promise<T> {
  const screen = new TerminalProgress({
    title,
    prefix: dryRun ? DRY_RUN_PREFIX : '',
    size: () => stderr.size() ?? { rows: 24, columns: 80 },
  });
  const tails: string[] = [];
  let written = Promise.resolve();
  const write = (text: string): void => {
    if (text !== '') written = written.then(() => stderr.write(text)).catch(() => {});
  };
  let cancel = (): void => {};
  const tick = (): void => {
    write(screen.draw(clock.now()));
    cancel = clock.after(REFRESH_MS, tick);
  };
  cancel = clock.after(REFRESH_MS, tick);
  try {
    return await work({
      event: (event) => screen.event(event, clock.now()),
      tail: (line) => void tails.push(dryRun ? `${DRY_RUN_PREFIX}${line}`.trim() : line),
    });
  } finally {
    cancel();
    write(screen.draw(clock.now()));
    for (const line of tails) write(`${line}\n`);
    await written;
  }
}

/** `Creating`, `Stopping`, …: goes on. */
export function working(id: string, statusText: string): ProgressEvent {
  return { id, status: 'working', statusText };
}

/** `Created`, `Stopped`, …: is over. */
export function done(id: string, statusText: string): ProgressEvent {
  return { id, status: 'done', statusText };
}

export function failed(id: string, statusText: string): ProgressEvent {
  return { id, status: 'error', statusText };
}

export function warned(id: string, statusText: string): ProgressEvent {
  return { id, status: 'warning', statusText };
}
