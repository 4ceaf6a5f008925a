import { describe, expect, test } from 'vitest';
import { parseTime } from './time.ts';

const now = Date.UTC(2026, 10, 23, 17, 35, 36, 700);

describe('parseTime', () => {
  test.each([
    ['1h', '1795451736'],
    ['1s', '1795455335'],
    ['-1s', '1795455337'],
    ['2020-01-01', '1577836800.000000000'],
    ['2020-01-01Z', '1577836800.000000000'],
    ['2020-01-01T00:00:10Z', '1577836810.000000000'],
    ['2020-01-01T00:01', '1577836860.000000000'],
    ['2020-01-01T01', '1577840400.000000000'],
    ['2020-01-01T01:00:00+01:00', '1577836800.000000000'],
    ['2020-01-01T00:00:00.5Z', '1577836800.500000000'],
    ['1136073600', '1136073600'],
    ['1136073600.000000001', '1136073600.000000001'],
    ['0', '0'],
  ])('%s', (text, sent) => {
    expect(parseTime(text, now)).toBe(sent);
  });

  test.each([
    ['bogus', 'failed to parse value as time or duration: "bogus"'],
    ['1.x', 'failed to parse value as time or duration: "1.x"'],
    ['2020-02-30', 'parsing time "2020-02-30": day out of range'],
    ['2020-13-01', 'parsing time "2020-13-01": month out of range'],
    ['2020-01-01x', 'parsing time "2020-01-01x": extra text: "x"'],
    ['2020-01-01Tx', 'parsing time "2020-01-01Tx" as "2006-01-02T15": cannot parse "x" as "15"'],
    ['a-b', 'parsing time "a-b" as "2006-01-02": cannot parse "a-b" as "2006"'],
  ])('%s is refused', (text, message) => {
    expect(() => parseTime(text, now)).toThrow(message);
  });
});
