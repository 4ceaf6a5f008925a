/**
 * The syntax of `--since` and `--until`: a duration back from now (`42m`), a date or time (`2013-01-02`,
 * `2013-01-02T13:23:37Z`), or seconds since the epoch. The client is in UTC.
 * Source: moby api/types/time, GetTimestamp.
 */
import { messageOf } from '#engine/errors.ts';
import { quote } from '../flags/quote.ts';
import { parseDuration } from '../units/duration.ts';
import { parseInteger } from '../units/number.ts';

/** Date, then optionally hours, minutes, seconds with a fraction, and a zone. */
const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(?:Z|([+-])(\d\d):(\d\d))?$/;

/**
 * What the API takes: `<seconds>` or `<seconds>.<nine digits>`.
 *
 * @throws Error with Docker's words
 */
export function parseTime(text: string, nowMs: number): string {
  const ago = text === '0' ? undefined : durationOf(text);
  if (ago !== undefined) return String(floorDivide(BigInt(Math.trunc(nowMs)) * 1_000_000n - ago, 1_000_000_000n));
  const time = pattern.exec(text);
  const seconds = time && secondsOf(time);
  if (time && seconds !== undefined) return `${seconds}.${(time[7] ?? '').padEnd(9, '0')}`;
  if (text.includes('-')) throw new Error(`parsing time ${quote(text)} as ${quote(layoutOf(text))}: cannot parse ${quote(text)} as "2006"`);
  checkTimestamp(text);
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

/** Undefined when the calendar has no such time. */
function secondsOf([, year, month, day, hours = '0', minutes = '0', seconds = '0', , sign, zoneHours, zoneMinutes]: RegExpExecArray):
  number | undefined {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds)));
  const exists =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hours) < 24 &&
    Number(minutes) < 60 &&
    Number(seconds) < 60;
  if (!exists) return undefined;
  const offset = sign ? (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 * (sign === '-' ? -1 : 1) : 0;
  return date.getTime() / 1000 - offset;
}

/** Go's name for the form that was expected. */
function layoutOf(text: string): string {
  const zone = /[zZ+]/.test(text) || text.split('-').length === 4 ? 'Z07:00' : '';
  if (!text.includes('T') && !text.includes('.')) return `2006-01-02${zone}`;
  const colons = text.replace(/[+-]\d\d:\d\d$/, '').split(':').length - 1;
  const time = text.includes('.') ? 'T15:04:05.999999999' : (['T15', 'T15:04'][colons] ?? 'T15:04:05');
  return `2006-01-02${time}${zone}`;
}

function checkTimestamp(text: string): void {
  const [seconds = '', nanoseconds] = text.split(/\.(.*)/s);
  try {
    parseInteger(seconds, 10);
    if (nanoseconds !== undefined) parseInteger(nanoseconds, 10);
  } catch (error) {
    throw new Error(`failed to parse value as time or duration: ${quote(text)}`, { cause: messageOf(error) });
  }
}
