import { expect, test } from 'vitest';
import { ago, size } from './format.ts';

test.each([
  [0, '0\u00a0B'],
  [999, '999\u00a0B'],
  [3100, '3.1\u00a0kB'],
  [12_000, '12\u00a0kB'],
  [999_600, '1.0\u00a0MB'],
  [5_123_456, '5.1\u00a0MB'],
  [-1, ''],
])('%d bytes are %j', (bytes, expected) => expect(size(bytes)).toBe(expected));

test.each([
  [30, 'just now'],
  [60, 'a minute ago'],
  [300, '5 minutes ago'],
  [3600, 'an hour ago'],
  [7300, '2 hours ago'],
])('%d seconds are %j', (seconds, expected) => expect(ago(0, seconds * 1000)).toBe(expected));
