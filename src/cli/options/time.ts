/**
 * The syntax of `--since` and `--until`: a duration back from now (`42m`), a date or time (`2013-01-02`,
 * `2013-01-02T13:23:37Z`), or seconds since the epoch. The client is in UTC.
 * Source: moby api/types/time, GetTimestamp; Go time.Parse for the words of its errors.
 */
import { quote } from '#engine/go-quote.ts';
import { parseDuration } from '#engine/go-duration.ts';
import { parseInteger } from '../units/number.ts';

/**
 * What the API takes: `<seconds>` or `<seconds>.<nine digits>`.
 *
 * @throws Error with Docker's words
 */
export function parseTime(text: string, nowMs: number): string {
  const ago = text === '0' ? undefined : durationOf(text);
  if (ago !== undefined) return String(floorDivide(BigInt(Math.trunc(nowMs)) * 1_000_000n - ago, 1_000_000_000n));
  try {
    return parseDate(text, layoutOf(text));
  } catch (error) {
    if (text.includes('-')) throw error;
  }
  if (!isTimestamp(text)) throw new Error(`failed to parse value as time or duration: ${quote(text)}`);
  return text;
}

function durationOf(text: string): bigint | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  return value / divisor - (value % divisor < 0n ? 1n : 0n);
}

/** The layout that the text is taken for, from its letters, as Docker chooses it. */
function layoutOf(text: string): string[] {
  const hasZone = /[zZ+]/.test(text) || text.split('-').length === 4;
  const zone = hasZone ? ['Z07:00'] : [];
  const date = ['2006', '-', '01', '-', '02'];
  const clock = ['T', '15', ':', '04', ':', '05'];
  if (text.includes('.')) return [...date, ...clock, '.999999999', ...zone];
  if (!text.includes('T')) return [...date, ...zone];
  let colons = text.split(':').length - 1;
  // One of them is the zone's.
  if (hasZone && !/[zZ]/.test(text) && colons > 0) colons--;
  return [...date, ...clock.slice(0, 2 + 2 * Math.min(colons, 2)), ...zone];
}

const patterns: Record<string, RegExp> = {
  '2006': /^\d{4}/,
  '01': /^\d\d/,
  '02': /^\d\d/,
  '15': /^\d\d/,
  '04': /^\d\d/,
  '05': /^\d\d/,
  '.999999999': /^(\.\d+)?/,
  'Z07:00': /^(Z|[+-]\d\d:\d\d)/,
};

const ranges: [element: string, name: string, from: number, to: number][] = [
  ['01', 'month', 1, 12],
  ['02', 'day', 1, 31],
  ['15', 'hour', 0, 23],
  ['04', 'minute', 0, 59],
  ['05', 'second', 0, 59],
];

function parseDate(text: string, layout: string[]): string {
  const values: Record<string, string> = {};
  let rest = text;
  for (const element of layout) {
    const found = patterns[element]?.exec(rest)?.[0] ?? (rest.startsWith(element) ? element : undefined);
    if (found === undefined) {
      throw new Error(`parsing time ${quote(text)} as ${quote(layout.join(''))}: cannot parse ${quote(rest)} as ${quote(element)}`);
    }
    values[element] = found;
    rest = rest.slice(found.length);
  }
  if (rest !== '') throw new Error(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);
  const number = (element: string): number => Number(values[element] ?? 0);
  for (const [element, name, from, to] of ranges) {
    const value = number(element);
    if (values[element] !== undefined && (value < from || value > to)) throw outOfRange(text, name);
  }
  const date = new Date(Date.UTC(number('2006'), number('01') - 1, number('02'), number('15'), number('04'), number('05')));
  if (date.getUTCDate() !== number('02')) throw outOfRange(text, 'day');
  const seconds = date.getTime() / 1000 - zoneSeconds(values['Z07:00'] ?? 'Z');
  return `${seconds}.${(values['.999999999'] ?? '').slice(1, 10).padEnd(9, '0')}`;
}

function outOfRange(text: string, name: string): Error {
  return new Error(`parsing time ${quote(text)}: ${name} out of range`);
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (hours * 60 + minutes) * 60 * (zone.startsWith('-') ? -1 : 1);
}

function isTimestamp(text: string): boolean {
  const [seconds = '', nanoseconds] = text.split(/\.(.*)/s);
  try {
    parseInteger(seconds, 10);
    if (nanoseconds !== undefined) parseInteger(nanoseconds, 10);
    return true;
  } catch {
    return false;
  }
}
