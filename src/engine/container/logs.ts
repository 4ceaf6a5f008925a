/** `docker logs`. Source: moby daemon/logs.go. */
import { EngineError } from '../errors.ts';
import { parseTimestamp } from '../time.ts';
import type { Containers } from './containers.ts';
import type { LogMessage } from './log/driver.ts';
import { openLog } from './log/options.ts';
import { readLog } from './log/read.ts';
import { permit } from './state.ts';

export interface LogsOptions {
  stdout: boolean;
  stderr: boolean;
  follow: boolean;
  /** A number of messages; anything else means all. */
  tail: string;
  since: string;
  until: string;
}

/** @returns batches of messages, and whether they came from a terminal */
export function containerLogs(
  containers: Containers,
  name: string,
  options: LogsOptions,
): { messages: AsyncIterable<LogMessage[]>; terminal: boolean } {
  if (!options.stdout && !options.stderr) throw new EngineError('invalid-parameter', 'You must choose at least one stream');
  const container = containers.resolve(name);
  permit('logs', container, name);
  const running = container.live.log;
  const log = running ?? openLog(containers.ports.storage, container);
  if (!log) throw new EngineError('not-implemented', 'configured logging driver does not support reading');
  const query = {
    tail: /^[+]?\d+$/.test(options.tail) ? Number(options.tail) : undefined,
    sinceMs: parseTimestamp(options.since),
    untilMs: options.until === '0' ? undefined : parseTimestamp(options.until),
    follow: options.follow && running !== undefined,
  };
  return { messages: readLog(log, query), terminal: container.config.Tty };
}
