/** Sizes and durations as docker/go-units and Go read and write them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '#engine/go-duration.ts';
import { humanDuration } from './duration.ts';
import { bytesSize, humanSize, humanSizeWithPrecision, parseHumanSize, parseRamSize } from './size.ts';

/** Whole numbers that JavaScript cannot hold come as text. */
function read<T>(name: string): T[] {
  const text = readFileSync(new URL(`../../../test/data/units/${name}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text.replace(/"ns": (-?\d+)/g, '"ns": "$1"')) as { cases: T[] }).cases;
}

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return { error: (error as Error).message };
  }
}

interface SizeCase {
  input: string;
  bytesSize?: string;
  fromHuman?: number;
  humanSize?: string;
  humanSize3?: string;
  ram?: number;
  humanError?: string;
  ramError?: string;
}

describe('sizes', () => {
  it.each(read<SizeCase>('bytes').map((one) => [one.input, one] as const))('%j', (input, one) => {
    expect(attempt(() => parseRamSize(input))).toEqual(one.ramError === undefined ? one.ram : { error: one.ramError });
    expect(attempt(() => parseHumanSize(input))).toEqual(one.humanError === undefined ? one.fromHuman : { error: one.humanError });
    if (one.ram === undefined) return;
    expect([bytesSize(one.ram), humanSize(one.ram), humanSizeWithPrecision(one.ram, 3)]).toEqual([
      one.bytesSize,
      one.humanSize,
      one.humanSize3,
    ]);
  });

  it.each(read<{ bytes: number; bytesSize: string; humanSize: string; humanSize3: string }>('human-size'))('$bytes', (one) => {
    expect([bytesSize(one.bytes), humanSize(one.bytes), humanSizeWithPrecision(one.bytes, 3)]).toEqual([
      one.bytesSize,
      one.humanSize,
      one.humanSize3,
    ]);
  });
});

interface DurationCase {
  input: string;
  ns?: string;
  string?: string;
  human?: string;
  error?: string;
}

describe('durations', () => {
  it.each(read<DurationCase>('durations').map((one) => [one.input, one] as const))('%j', (input, one) => {
    if (one.error !== undefined) return expect(attempt(() => parseDuration(input))).toEqual({ error: one.error });
    const duration = parseDuration(input);
    expect({ ns: String(duration), string: formatDuration(duration), human: humanDuration(Number(duration) / 1e6) }).toEqual({
      ns: one.ns,
      string: one.string,
      human: one.human,
    });
  });
});
