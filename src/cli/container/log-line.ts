/**
 * Lines of the client's own log, which Docker's client writes to standard error where a failure is not
 * the command's result.
 * Source: sirupsen/logrus, TextFormatter.
 */
import type { CliEnvironment } from '../environment.ts';
import { quote } from '#engine/go-quote.ts';

export type LogLevel = 'warning' | 'error';

const terminalWords: Record<LogLevel, string> = { warning: '\x1b[33mWARN\x1b[0m', error: '\x1b[31mERRO\x1b[0m' };

/** `time="2026-11-23T17:35:37Z" level=error msg="…"`, or `ERRO[0000] …` in colour on a terminal. */
export async function writeLog(environment: CliEnvironment, level: LogLevel, message: string): Promise<void> {
  const time = new Date(environment.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const line = environment.stderr.isTerminal
    ? `${terminalWords[level]}[0000] ${message.padEnd(44)} `
    : `time="${time}" level=${level} msg=${quote(message)}`;
  await environment.stderr.write(`${line}\n`);
}
