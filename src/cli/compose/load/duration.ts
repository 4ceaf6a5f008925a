/** Durations of compose files: Go's, with days and weeks. */
import { ComposeError } from '../compose-error.ts';
import type { Nanoseconds } from '../project.ts';

const UNITS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86400e9,
  w: 604800e9,
};

/** @throws Error in Go's words */
export function parseComposeDuration(text: string): Nanoseconds {
  const invalid = (what = 'invalid duration'): Error => new ComposeError(`time: ${what} "${text}"`, 15);
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw invalid();
  let total = 0;
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw invalid();
    const unit = /^[^.\d]*/.exec(rest.slice(number.length))?.[0] ?? '';
    if (unit === '') throw invalid('missing unit in duration');
    const scale = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (scale === undefined) throw invalid(`unknown unit "${unit}" in duration`);
    total += Math.trunc(Number(number) * scale);
    if (total >= 2 ** 63) throw invalid();
    rest = rest.slice(number.length + unit.length);
  }
  return sign * total;
}
