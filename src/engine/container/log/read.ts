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

/** Batches that a reader may lag behind; then what it missed is read from the file again. */
const batches = 256;

/** Batches of messages, oldest first; with `follow` until the container ends, the time is up or the reader leaves. */
export function readLog(log: LogDriver, query: LogQuery): AsyncIterable<LogMessage[]> {
  const all = log.read();
  const past = query.tail === undefined ? all : query.tail === 0 ? [] : all.slice(-query.tail);
  let stop = (): void => undefined;
  const channel = new Channel<LogMessage[]>({ capacity: batches, onClose: () => stop() });
  const wanted = (message: LogMessage): boolean => query.sinceMs === undefined || message.timeMs >= query.sinceMs;
  const tooLate = (message: LogMessage): boolean => query.untilMs !== undefined && message.timeMs > query.untilMs;
  // Messages that the reader was too slow for; sent before anything newer.
  let waiting: LogMessage[] | undefined;
  const send = (messages: LogMessage[]): void => {
    const end = messages.findIndex(tooLate);
    const batch = (end < 0 ? messages : messages.slice(0, end)).filter(wanted);
    if (batch.length > 0) {
      if (waiting) waiting.push(...batch);
      else if (!channel.push(batch)) {
        waiting = batch;
        void flush();
      }
    }
    if (end >= 0) finish();
  };
  const flush = async (): Promise<void> => {
    while (waiting && waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      if (!(await channel.write(batch))) return;
    }
    waiting = undefined;
    if (finished) channel.end();
  };
  let finished = false;
  const finish = (): void => {
    finished = true;
    stop();
    if (!waiting) channel.end();
  };
  // Large logs go in pieces, so that what carries them can carry other things between.
  for (let at = 0; at < past.length && !finished; at += 512) send(past.slice(at, at + 512));
  if (finished) return channel;
  if (query.follow) stop = log.listen(send, finish);
  else finish();
  return channel;
}
