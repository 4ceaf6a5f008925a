/**
 * Reads a log back: from the end, from or up to a time, and on as it grows.
 * Source: moby daemon/logger/loggerutils/follow.go and logfile.go.
 */
import { Channel } from '../../channel.ts';
import type { LogDriver, LogMessage } from './driver.ts';

export interface LogQuery {
  /** How many of the last messages; undefined: all. */
  tail: number | undefined;
  sinceMs: number | undefined;
  untilMs: number | undefined;
  follow: boolean;
}

/** Batches that a reader may lag behind; then what it missed is read from the log again. */
const batches = 256;
/** Large logs go in pieces, so that what carries them can carry other things between. */
const pieceLength = 512;

/** Batches of messages, oldest first; with `follow` until the container ends, the time is up or the reader leaves. */
export function readLog(log: LogDriver, query: LogQuery): AsyncIterable<LogMessage[]> {
  const { tail, sinceMs, untilMs, follow } = query;
  let stop = (): void => undefined;
  const channel = new Channel<LogMessage[]>({ capacity: batches, onClose: () => stop() });
  /** Nothing more comes: the container has ended, or the time is up. */
  let finished = false;
  /** The reader is too slow: from now on messages are counted, and read from the log again when it has caught up. */
  let lagging = false;
  let missed = 0;

  const finish = (): void => {
    finished = true;
    stop();
    if (!lagging) channel.end();
  };
  /** What is wanted of some messages, and whether those after them come too late. */
  const select = (messages: LogMessage[]): { batch: LogMessage[]; isLast: boolean } => {
    const end = untilMs === undefined ? -1 : messages.findIndex(({ timeMs }) => timeMs > untilMs);
    const inTime = end < 0 ? messages : messages.slice(0, end);
    return { batch: sinceMs === undefined ? inTime : inTime.filter(({ timeMs }) => timeMs >= sinceMs), isLast: end >= 0 };
  };
  const send = (messages: LogMessage[]): void => {
    if (lagging) {
      missed += messages.length;
      return;
    }
    const { batch, isLast } = select(messages);
    if (batch.length === 0 || channel.push(batch)) {
      if (isLast) finish();
      return;
    }
    lagging = true;
    missed = messages.length;
    void catchUp();
  };
  const catchUp = async (): Promise<void> => {
    while (missed > 0 && (await channel.room())) {
      const late = log.read().slice(-missed);
      missed = 0;
      for (const messages of pieces(late)) {
        const { batch, isLast } = select(messages);
        if (batch.length > 0 && !(await channel.write(batch))) return;
        if (!isLast) continue;
        [finished, missed] = [true, 0];
        break;
      }
    }
    lagging = false;
    if (finished) finish();
  };

  const all = log.read();
  for (const messages of pieces(tail === undefined ? all : tail === 0 ? [] : all.slice(-tail))) {
    if (!finished) send(messages);
  }
  if (finished) return channel;
  if (follow) stop = log.listen(send, finish);
  else finish();
  return channel;
}

function* pieces(messages: LogMessage[]): Generator<LogMessage[]> {
  for (let at = 0; at < messages.length; at += pieceLength) yield messages.slice(at, at + pieceLength);
}
