/** Rows of docker's own tabwriter tests. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alignColumns } from './tabwriter.ts';

interface Row {
  testname: string;
  minwidth: number;
  padding: number;
  padchar: string;
  src: string;
  expected: string;
}

const { cases } = JSON.parse(readFileSync(new URL('../../../test/data/cli-format/tabwriter.json', import.meta.url), 'utf8')) as {
  cases: Row[];
};

it.each(cases.map((row) => [row.testname, row] as const))('%s', (_name, row) => {
  expect(alignColumns(row.src, { minWidth: row.minwidth, padding: row.padding, padCharacter: row.padchar })).toBe(row.expected);
});
