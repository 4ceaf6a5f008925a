/**
 * Reads query parameters as Docker does: what counts as true, what a number may look like, filters.
 * Source: moby api/server/httputils/form.go.
 */
import { EngineError } from '../errors.ts';
import { Filters } from '../filters.ts';
import type { Query } from './http.ts';

/** The first value; empty when absent. */
export function textParam(query: Query, name: string): string {
  return query.get(name)?.[0] ?? '';
}

export function textParams(query: Query, name: string): string[] {
  return [...(query.get(name) ?? [])];
}

/** Anything but empty, `0`, `no`, `false` and `none` is true. */
export function flagParam(query: Query, name: string, otherwise = false): boolean {
  const values = query.get(name);
  if (!values) return otherwise;
  return !['', '0', 'no', 'false', 'none'].includes((values[0] ?? '').trim().toLowerCase());
}

/** @throws EngineError with Go's words, by default of the kind that becomes status 500, as in Docker */
export function integerParam(query: Query, name: string, otherwise: number, kind: 'unknown' | 'invalid-parameter' = 'unknown'): number {
  const value = textParam(query, name);
  if (value === '') return otherwise;
  const problem = integerProblem(value, -(2 ** 63), 2 ** 63 - 1);
  if (problem) throw new EngineError(kind, `strconv.Atoi: parsing ${JSON.stringify(value)}: ${problem}`);
  return Number(value);
}

/** A number of 32 bits without sign, as for a terminal's size; what is wrong with it as text when it is none. */
export function unsignedParam(query: Query, name: string): number | string {
  const value = textParam(query, name);
  const digits = value.replace(/^-/, '');
  if (!/^\d+$/.test(digits)) return 'invalid syntax';
  return value.startsWith('-') || Number(digits) > 0xffffffff ? 'value out of range' : Number(digits);
}

export function filtersParam(query: Query): Filters {
  return Filters.parse(textParam(query, 'filters'));
}

/** Splits `a=1&b=two%20words` as Go's form parser does, leaving out pairs that do not decode. */
export function parseQuery(text: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = decode(at < 0 ? '' : pair.slice(at + 1));
    if (name === undefined || value === undefined) continue;
    const values = query.get(name);
    if (values) values.push(value);
    else query.set(name, [value]);
  }
  return query;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function integerProblem(value: string, min: number, max: number): string | undefined {
  if (!/^[+-]?\d+$/.test(value)) return 'invalid syntax';
  return Number(value) < min || Number(value) > max ? 'value out of range' : undefined;
}
