/**
 * A compose file between its text and a project: maps, lists and scalars, as go-yaml decodes them. Compose's
 * steps (merge, interpolation, transformation) work on this, and its errors name Go's types.
 */

export type ModelValue = null | boolean | number | string | Timestamp | ModelValue[] | Model;

/** Made by `newModel`, so that no key of a file meets one of JavaScript's own. */
export interface Model {
  [key: string]: ModelValue;
}

/** An unquoted date or time: YAML has them, JSON and Compose do not. */
export class Timestamp {
  constructor(readonly ms: number) {}

  /** As JSON, and as YAML. */
  toJSON(): string {
    return new Date(this.ms).toISOString().replace(/\.?0*Z$/, 'Z');
  }

  /** As Go prints it. */
  toString(): string {
    return `${this.toJSON().replace('T', ' ').replace('Z', '')} +0000 UTC`;
  }
}

export function newModel(entries: Iterable<readonly [string, ModelValue]> = []): Model {
  const model = Object.create(null) as Model;
  for (const [key, value] of entries) model[key] = value;
  return model;
}

export function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Timestamp);
}

/** Go's `int`, as opposed to its `float64`. */
export function isInt(value: ModelValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

/** Go's `%T`. */
export function typeName(value: ModelValue | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (value instanceof Timestamp) return 'time.Time';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return isInt(value) ? 'int' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's `%v`. */
export function sprint(value: ModelValue | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(sprint).join(' ')}]`;
  if (typeof value === 'number') return formatNumber(value);
  if (!isModel(value)) return String(value);
  const entries = sortedKeys(value).map((key) => `${key}:${sprint(value[key])}`);
  return `map[${entries.join(' ')}]`;
}

/** Go's `%s`, which wraps what is no string. */
export function sprintString(value: ModelValue | undefined): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return `[${value.map(sprintString).join(' ')}]`;
  if (typeof value === 'string' || value instanceof Timestamp) return String(value);
  if (!isModel(value)) return `%!s(${typeName(value)}=${sprint(value)})`;
  const entries = sortedKeys(value).map((key) => `${key}:${sprintString(value[key])}`);
  return `map[${entries.join(' ')}]`;
}

/** Go's `%v` of an integer or a float. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 64) return BigInt(value).toString();
  return formatFloat(value);
}

/** Go's shortest form of a float: with an exponent from 1e+06 on and below 1e-04. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return value.toString();
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

export function sortedKeys(of: object): string[] {
  return Object.keys(of).sort(compareStrings);
}

/** By code point, as Go compares strings. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [[...left], [...right]];
  for (let index = 0; index < a.length && index < b.length; index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function cloneValue(value: ModelValue): ModelValue {
  if (Array.isArray(value)) return value.map(cloneValue);
  if (!isModel(value)) return value;
  return newModel(Object.entries(value).map(([key, entry]) => [key, cloneValue(entry)]));
}

export function equalValues(left: ModelValue | undefined, right: ModelValue | undefined): boolean {
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((value, index) => equalValues(value, right[index]));
  }
  if (left instanceof Timestamp) return right instanceof Timestamp && right.ms === left.ms;
  if (!isModel(left)) return left === right;
  if (!isModel(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && equalValues(left[key], right[key]));
}
