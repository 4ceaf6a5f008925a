import { expect, it } from 'vitest';
import { warningLine } from './warning-line.ts';

const message = 'The "TAG" variable is not set. Defaulting to a blank string.';

it('is for people on a terminal, for programs elsewhere', () => {
  expect(warningLine(message, true, 3500, 1000)).toBe(`\x1b[33mWARN\x1b[0m[0002] ${message} \n`);
  expect(warningLine('short', true, 0, 0)).toBe(`\x1b[33mWARN\x1b[0m[0000] short${' '.repeat(39)} \n`);
  expect(warningLine(message, false, Date.UTC(2026, 0, 2, 3, 4, 5, 678), 0)).toBe(
    'time="2026-01-02T03:04:05Z" level=warning msg="The \\"TAG\\" variable is not set. Defaulting to a blank string."\n',
  );
});
