/**
 * Prints the daemon's progress messages (pull, push, load, build). On a terminal each layer keeps a line of
 * its own that is written over, with a bar; elsewhere bars are left out and every line is printed once.
 * Source: moby pkg/jsonmessage.
 */
import type { ProgressMessage } from '#engine/api/types/system.ts';
import type { Clock } from '#engine/clock.ts';
import type { CliOutput } from '../environment.ts';
import { formatDuration } from '#engine/go-duration.ts';
import { humanSize } from '../units/size.ts';

const CLEAR_LINE = '\x1b[2K';
const BAR_LENGTH = 50;
/** The terminal is at least this wide when a bar, or the time left, is shown. */
const BAR_WIDTH = 111;
const TIME_LEFT_WIDTH = 51;
/** What is assumed where the size is not known. */
const DEFAULT_WIDTH = 200;

export interface ProgressOptions {
  clock: Clock;
  /** Gets what comes beside the messages, such as the id of a built image. */
  onAux?: (message: ProgressMessage) => void;
}

/** What the daemon says went wrong. */
export class ProgressError extends Error {
  override readonly name = 'ProgressError';

  /** @param code 0 when it gives none */
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

/** Prints messages until they end. @throws ProgressError with the daemon's message when one says what went wrong */
export async function displayProgress(
  messages: AsyncIterable<ProgressMessage>,
  output: CliOutput,
  options: ProgressOptions,
): Promise<void> {
  /** Id → which of the lines below the start is its own. */
  let lines = new Map<string, number>();
  for await (const message of messages) {
    if (message.aux !== undefined && message.aux !== null) {
      options.onAux?.(message);
      continue;
    }
    const { id = '' } = message;
    let before = '';
    let linesUp = 0;
    if (id !== '' && (message.progressDetail || message.progress)) {
      let line = lines.get(id);
      if (line === undefined) {
        line = lines.size;
        lines.set(id, line);
        if (output.isTerminal) before = '\n';
      }
      linesUp = lines.size - line;
      if (output.isTerminal) before += cursor(linesUp, 'A');
    } else {
      // Other output stands between: what was printed before is not written over any more.
      lines = new Map();
    }
    const problem = problemOf(message);
    const text = problem === undefined ? messageText(message, output, options.clock) : '';
    const after = id !== '' && output.isTerminal ? cursor(linesUp, 'B') : '';
    if (before + text + after !== '') await output.write(before + text + after);
    if (problem !== undefined) throw new ProgressError(problem, message.errorDetail?.code ?? 0);
  }
}

function messageText(message: ProgressMessage, output: CliOutput, clock: Clock): string {
  const { id, from, status = '', progress, progressDetail, stream } = message;
  const bar = progressDetail && progressBar(progressDetail, output.size()?.columns ?? DEFAULT_WIDTH, clock);
  let prefix = '';
  let end = '';
  if (output.isTerminal && !stream && progressDetail) {
    end = '\r';
    prefix = `${CLEAR_LINE}${end}`;
  } else if (bar) {
    return '';
  }
  if (id) prefix += `${id}: `;
  if (from) prefix += `(from ${from}) `;
  if (progressDetail && output.isTerminal) return `${prefix}${status} ${bar ?? ''}${end}`;
  if (progress) return `${prefix}${status} ${progress}${end}`;
  if (stream) return `${prefix}${stream}${end}`;
  return `${prefix}${status}${end}\n`;
}

/** `[=====>       ]  1.2MB/4.5MB`; empty when nothing is known. */
export function progressBar(detail: NonNullable<ProgressMessage['progressDetail']>, width: number, clock: Clock): string {
  const { current = 0, total = 0, start = 0, hidecounts = false, units = '' } = detail;
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return units === '' ? humanSize(current).padStart(8) : `${current} ${units}`;

  const filled = Math.min(BAR_LENGTH, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = width >= BAR_WIDTH ? `[${'='.repeat(filled)}>${' '.repeat(BAR_LENGTH - filled)}] ` : '';
  let numbers = '';
  if (!hidecounts && units === '') {
    const of = current > total ? '' : `/${humanSize(total)}`;
    numbers = `${humanSize(current).padStart(8)}${of}`;
  } else if (!hidecounts) {
    numbers = current > total ? `${current} ${units}` : `${current}/${total} ${units}`;
  }
  return bar + numbers + timeLeft();

  function timeLeft(): string {
    if (current <= 0 || start <= 0 || filled >= BAR_LENGTH || width < TIME_LEFT_WIDTH) return '';
    const each = (clock.now() - start * 1000) / current;
    const seconds = Math.trunc(((total - current) * each) / 1000);
    return `  ${formatDuration(BigInt(seconds) * 1_000_000_000n)}`;
  }
}

function problemOf({ error, errorDetail }: ProgressMessage): string | undefined {
  return errorDetail ? errorDetail.message : error;
}

function cursor(lines: number, direction: 'A' | 'B'): string {
  return lines === 0 ? '' : `\x1b[${lines}${direction}`;
}
