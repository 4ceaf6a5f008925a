/**
 * A warning as Compose writes it on standard error: with colour on a terminal, as `key=value` elsewhere.
 * Source: sirupsen/logrus v1.9 text_formatter.go.
 */
import { quote } from '#engine/go-quote.ts';

/** logrus pads a message on a terminal to this many letters. */
const WIDTH = 44;

/** @param startedMs when the command began: a terminal shows the seconds since then */
export function warningLine(message: string, isTerminal: boolean, nowMs: number, startedMs: number): string {
  if (isTerminal) {
    const seconds = String(Math.max(0, Math.trunc((nowMs - startedMs) / 1000))).padStart(4, '0');
    return `\x1b[33mWARN\x1b[0m[${seconds}] ${message.padEnd(WIDTH)} \n`;
  }
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const text = /^[\w./@^+-]+$/.test(message) ? message : quote(message);
  return `time="${time}" level=warning msg=${text}\n`;
}
