/** Options with a grammar of their own, as docker's own parsers take them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validateDnsSearch, validateEnvironmentVariable, validateExtraHost, validateLabel, validateLink } from './container-values.ts';
import { parseCpus } from './cpus.ts';
import { parseFilter } from './filter.ts';
import { parseHost } from './host.ts';
import { validateIpAddress } from './ip-address.ts';
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

interface GoldenCase {
  input: string;
  /** Undefined: it is accepted. */
  result?: unknown;
  /** Fields that the result must have. */
  subset?: object;
  /** null: refused with words that the test leaves open. */
  error?: string | null;
}

const goldens: Record<string, (text: string) => unknown> = {
  host: (text) => parseHost(text),
  extraHost: validateExtraHost,
  ip: validateIpAddress,
  label: validateLabel,
  link: validateLink,
  dnsSearch: validateDnsSearch,
  env: validateEnvironmentVariable,
  network: parseNetworkAttachment,
  mount: (text) => parseMount(text, '/lab/x'),
};
const goldenCases = JSON.parse(readFileSync(new URL('../../../test/data/units/opts-goldens.json', import.meta.url), 'utf8')) as Record<
  string,
  GoldenCase[]
>;

describe.each(Object.entries(goldens))("docker's own tests: %s", (name, parse) => {
  it.each((goldenCases[name] ?? []).map((one) => [one.input, one] as const))('%j', (input, one) => {
    if (one.error === null) expect(() => parse(input)).toThrow();
    else if (one.error !== undefined) expect(() => parse(input)).toThrow(new Error(one.error));
    else if (one.subset) expect(parse(input)).toMatchObject(one.subset);
    else if (one.result !== undefined) expect(parse(input)).toEqual(one.result);
    else expect(() => parse(input)).not.toThrow();
  });
});
