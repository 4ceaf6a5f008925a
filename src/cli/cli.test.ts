/**
 * What the official client answers to argument lists that need no engine: help, wrong flags, wrong counts.
 * Commands that Drydock has not built yet must answer their own mistakes as Docker does all the same.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runDocker } from './testing.ts';

interface Case {
  args: string[];
  status: number;
  stdout?: string;
  stderr?: string;
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../test/data/cli-arguments/${path}`, import.meta.url), 'utf8')) as T;
}

const { cases } = read<{ cases: Case[] }>('docker-28.2.2.json');
/** Argument lists on which Drydock differs, with the reason. */
const exceptions = new Map(
  read<{ args: string[]; reason: string }[]>('exceptions.json').map((entry) => [entry.args.join('\0'), entry.reason]),
);

describe('argument lists', () => {
  it.each(cases.filter((one) => !exceptions.has(one.args.join('\0'))).map((one) => [one.args.join(' '), one] as const))(
    'docker %s',
    async (_name, one) => {
      const result = await runDocker(one.args);
      expect({ status: result.status, stdout: result.stdout, stderr: result.stderr }).toEqual({
        status: one.status,
        stdout: one.stdout ?? '',
        stderr: one.stderr ?? '',
      });
    },
  );
});
