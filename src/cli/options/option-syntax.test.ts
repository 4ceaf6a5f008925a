/** Options with a grammar of their own, as docker's own parsers take them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCpus } from './cpus.ts';
import { parseFilter } from './filter.ts';
import { parseHost } from './host.ts';
import { parseMount } from './mount.ts';
import { parseNetworkAttachment } from './network.ts';
import { formatUlimit, parseUlimit } from './ulimit.ts';

interface Case {
  input: string;
  result?: unknown;
  string?: string;
  error?: string;
}

/** The directory the recordings were made in. */
const CWD = '/lab';

const parsers: Record<string, (text: string) => unknown> = {
  'cli-opt-nanocpus': parseCpus,
  'cli-opt-filter': (text) => parseFilter({}, text),
  'cli-opt-host': (text) => parseHost(text),
  'cli-opt-mount': (text) => [parseMount(text, CWD)],
  'cli-opt-network-opt': (text) => [parseNetworkAttachment(text)],
  'cli-opt-ulimit': parseUlimit,
};

describe.each(Object.entries(parsers))('%s', (name, parse) => {
  const text = readFileSync(new URL(`../../../test/data/units/${name}.json`, import.meta.url), 'utf8');
  it.each((JSON.parse(text) as { cases: Case[] }).cases.map((one) => [one.input, one] as const))('%j', (input, one) => {
    if (one.error !== undefined) expect(() => parse(input)).toThrow(new Error(one.error));
    else expect(parse(input)).toEqual(one.result);
    if (one.string !== undefined) expect(formatUlimit(parseUlimit(input))).toBe(one.string);
  });
});
