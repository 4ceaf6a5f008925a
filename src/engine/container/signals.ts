/**
 * Signals by name and number, as Docker takes them.
 * Source: moby/sys/signal; Linux on x86.
 */
import { EngineError } from '../errors.ts';

const numbers: Record<string, number> = {
  ABRT: 6,
  ALRM: 14,
  BUS: 7,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  IO: 29,
  IOT: 6,
  KILL: 9,
  PIPE: 13,
  POLL: 29,
  PROF: 27,
  PWR: 30,
  QUIT: 3,
  SEGV: 11,
  STKFLT: 16,
  STOP: 19,
  SYS: 31,
  TERM: 15,
  TRAP: 5,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  USR1: 10,
  USR2: 12,
  VTALRM: 26,
  WINCH: 28,
  XCPU: 24,
  XFSZ: 25,
  RTMIN: 34,
  RTMAX: 64,
};
for (let offset = 1; offset <= 15; offset++) numbers[`RTMIN+${offset}`] = 34 + offset;
for (let offset = 1; offset <= 14; offset++) numbers[`RTMAX-${offset}`] = 64 - offset;

export const SIGKILL = 9;
export const SIGTERM = 15;

/** `9`, `KILL`, `SIGKILL`, `sigkill`. @throws EngineError `invalid-parameter` `invalid signal: X` */
export function parseSignal(text: string): number {
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    if (number === 0) throw new EngineError('invalid-parameter', `invalid signal: ${text}`);
    return number;
  }
  const number = numbers[text.toUpperCase().replace(/^SIG/, '')];
  if (number === undefined) throw new EngineError('invalid-parameter', `invalid signal: ${text}`);
  return number;
}

/** True for numbers that Linux has. */
export function isKnownSignal(number: number): boolean {
  return Object.values(numbers).includes(number);
}
