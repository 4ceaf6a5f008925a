/**
 * Reads recorded cases from `test/data` and the exceptions to them. An exception names a case, says why it differs,
 * and must differ indeed; there may be few.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const data = join(import.meta.dirname, 'data');
/** Exceptions a file may have, of its cases. */
const maxShare = 0.03;

export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(join(data, path), 'utf8')) as T;
}

/**
 * Runs every case; `check` throws when one differs.
 *
 * @param path of the file below `test/data`; its folder holds exceptions.json
 * @param nameOf what exceptions.json calls a case
 */
export async function expectAll<T>(
  path: string,
  cases: readonly T[],
  nameOf: (value: T, index: number) => string,
  check: (value: T) => void | Promise<void>,
): Promise<void> {
  const [folder = '', file = ''] = path.split('/');
  const all = readVectors<Record<string, Record<string, string>>>(`${folder}/exceptions.json`);
  const exceptions = { ...all[file] };
  expect(Object.keys(exceptions).length, 'exceptions').toBeLessThanOrEqual(Math.ceil(cases.length * maxShare));
  const differing: Record<string, string> = {};
  for (const [index, value] of cases.entries()) {
    try {
      await check(value);
    } catch (error) {
      differing[nameOf(value, index)] = error instanceof Error ? error.message : String(error);
    }
  }
  for (const name of Object.keys(exceptions)) expect(Object.keys(differing), 'an exception that is none').toContain(name);
  for (const name of Object.keys(exceptions)) delete differing[name];
  expect(differing).toEqual({});
}
