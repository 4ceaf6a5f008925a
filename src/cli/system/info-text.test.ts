/** Docker's own goldens of `docker info`. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { serverInfoText, type FullInfo } from './info-text.ts';

const text = readFileSync(new URL('../../../test/data/cli-format/info.json', import.meta.url), 'utf8');
const { cases } = JSON.parse(text) as { cases: { name: string; info: FullInfo; text: string }[] };

it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  expect(serverInfoText(one.info, false).text).toBe(one.text);
});
