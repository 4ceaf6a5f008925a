import { describe, expect, it } from 'vitest';
import { parseRfc3339, parseTimestamp, rfc3339Nano, rfc3339NanoFixed } from './time.ts';
import { untilMs } from './until.ts';

describe('times as Go writes them', () => {
  it('leaves trailing zeros out, or not', () => {
    expect(rfc3339Nano(Date.UTC(2026, 10, 23, 19, 59, 1))).toBe('2026-11-23T19:59:01Z');
    expect(rfc3339Nano(Date.UTC(2026, 10, 23) + 120)).toBe('2026-11-23T00:00:00.12Z');
    expect(rfc3339NanoFixed(Date.UTC(2026, 10, 23) + 120)).toBe('2026-11-23T00:00:00.120000000Z');
    expect(rfc3339Nano(999.9999999)).toBe('1970-01-01T00:00:01Z');
  });

  it('reads what it writes, and zones', () => {
    expect(parseRfc3339(rfc3339Nano(1_795_455_573_099.25))).toBe(1_795_455_573_099.25);
    expect(parseRfc3339('2006-01-02T15:04:05.5+07:00')).toBe(Date.UTC(2006, 0, 2, 8, 4, 5, 500));
    expect(parseRfc3339('0001-01-01T00:00:00Z')).toBe(-62_135_596_800_000);
    expect(parseRfc3339('2006-13-02T15:04:05Z')).toBeUndefined();
    expect(parseRfc3339('yesterday')).toBeUndefined();
  });

  it('reads since and until parameters', () => {
    expect(parseTimestamp('')).toBeUndefined();
    expect(parseTimestamp('1136073600')).toBe(1_136_073_600_000);
    expect(parseTimestamp('1136073600.000000001')).toBe(1_136_073_600_000.000001);
    expect(parseTimestamp('1136073600.0000000010')).toBe(1_136_073_600_000.000001);
    expect(() => parseTimestamp('bogus')).toThrow('strconv.ParseInt: parsing "bogus": invalid syntax');
    expect(() => parseTimestamp('1.x')).toThrow('strconv.ParseInt: parsing "x": invalid syntax');
  });
});

describe('points in time in filters', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    ['2006-01-02T15:04:05.999Z', Date.UTC(2006, 0, 2, 15, 4, 5, 999)],
    ['2006-01-02T15:04:05+07:00', Date.UTC(2006, 0, 2, 8, 4, 5)],
    ['2006-01-02T15:04', Date.UTC(2006, 0, 2, 15, 4)],
    ['2006-01-02T15-00:00', Date.UTC(2006, 0, 2, 15)],
    ['2006-01-02', Date.UTC(2006, 0, 2)],
    ['2006-01-02Z', Date.UTC(2006, 0, 2)],
    ['1136073600.000000001', 1_136_073_600_000.000001],
    ['1m', now - 60_000],
    ['1.5h', now - 90 * 60_000],
    ['1h30m', now - 90 * 60_000],
  ])('%s', (text, ms) => expect(untilMs(text, now)).toBe(ms));

  it.each(['invalid', '2006-01-02T15:04:0Z', '2006-01-02T'])('refuses %s', (text) => expect(() => untilMs(text, now)).toThrow());
});
