/**
 * What people write for a point in time in filters: a duration before now (`10m`, `1h30m`), RFC 3339 with or without
 * its end, or seconds since the epoch.
 * Source: moby api/types/time, GetTimestamp; Go, time.ParseDuration.
 */
import { EngineError } from './errors.ts';
import { parseRfc3339, parseTimestamp } from './time.ts';

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds since the epoch. Times without a zone are UTC, as the host is. */
export function untilMs(text: string, nowMs: number): number {
  const duration = text === '0' ? undefined : durationMs(text);
  if (duration !== undefined) return Math.floor((nowMs - duration) / 1000) * 1000;
  const zoned = /[zZ+]/.test(text) || text.split('-').length - 1 === 3;
  const padded = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|z|[+-]\d\d:\d\d)?$/.exec(text);
  if (padded && zoned === (padded[5] !== undefined)) {
    const [, date, hours = '00', minutes = '00', seconds = '00', zone = 'Z'] = padded;
    const ms = parseRfc3339(`${date}T${hours}:${minutes}:${seconds}${zone}`);
    if (ms !== undefined) return ms;
  }
  if (text.includes('-')) throw new EngineError('unknown', `parsing time ${JSON.stringify(text)}: not a time or duration`);
  try {
    return parseTimestamp(text) ?? 0;
  } catch {
    throw new EngineError('unknown', `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  }
}

function durationMs(text: string): number | undefined {
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) total += Number(amount) * unitMs[unit!]!;
  return text.startsWith('-') ? -total : total;
}
