/**
 * Times as Go writes and Docker's API carries them: RFC 3339 with up to nine digits, and the
 * `seconds.nanoseconds` form of `since` and `until`. Inside the engine a time is milliseconds since the epoch,
 * with a fraction.
 */
import { EngineError } from './errors.ts';

/** Go's zero time: never. */
export const zeroTime = '0001-01-01T00:00:00Z';

/** RFC 3339 in UTC with as many digits as are needed, as Go's RFC3339Nano. */
export function rfc3339Nano(ms: number): string {
  const { head, nanos } = split(ms);
  const digits = nanos.replace(/0+$/, '');
  return `${head}${digits && `.${digits}`}Z`;
}

/** The same with always nine digits, as in log lines. */
export function rfc3339NanoFixed(ms: number): string {
  const { head, nanos } = split(ms);
  return `${head}.${nanos}Z`;
}

/** Nanoseconds since the epoch; as exact as a double can be. */
export function unixNano(ms: number): number {
  return Math.round(ms * 1e6);
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Milliseconds of an RFC 3339 time; undefined when it is none. */
export function parseRfc3339(text: string): number | undefined {
  const parts = rfc3339.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hours, minutes, seconds, fraction, sign, zoneHours, zoneMinutes] = parts;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hours), Number(minutes), Number(seconds));
  const offset = sign ? (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 : 0;
  return date.getTime() - offset + (fraction ? Number(`0.${fraction}`) * 1000 : 0);
}

/**
 * Milliseconds of a `since` or `until` parameter (`1136073600.000000001`); undefined when it is empty.
 * Source: moby api/types/time, ParseTimestamps.
 */
export function parseTimestamp(value: string | undefined): number | undefined {
  if (!value) return undefined;
  const [seconds = '', nanos] = value.split(/\.(.*)/s);
  const whole = parseInteger(seconds);
  if (nanos === undefined) return whole * 1000;
  const fraction = parseInteger(nanos) * 10 ** (9 - nanos.length);
  return whole * 1000 + Math.trunc(fraction) / 1e6;
}

function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new EngineError('unknown', `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) >= 2 ** 63) throw new EngineError('unknown', `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

function split(ms: number): { head: string; nanos: string } {
  let seconds = Math.floor(ms / 1000);
  let nanos = Math.round((ms - seconds * 1000) * 1e6);
  if (nanos >= 1e9) {
    seconds += 1;
    nanos -= 1e9;
  }
  return { head: new Date(seconds * 1000).toISOString().slice(0, -5), nanos: String(nanos).padStart(9, '0') };
}
