/**
 * Filters of list, prune and event requests: a set of accepted values per key, with Docker's ways of
 * matching. Parsed from the `filters` query parameter by `api/query.ts`; nouns only ask.
 * Source: moby api/types/filters.
 */
import { EngineError } from './errors.ts';

export class Filters {
  readonly #values: Map<string, Set<string>>;

  constructor(entries: Iterable<readonly [string, Iterable<string>]> = []) {
    this.#values = new Map();
    for (const [key, values] of entries) this.#values.set(key, new Set(values));
  }

  /** Docker's JSON forms: `{"key":{"value":true}}` and the older `{"key":["value"]}`. */
  static parse(json: string | undefined): Filters {
    if (!json) return new Filters();
    let parsed: unknown;
    try {
      parsed = JSON.parse(json);
    } catch {
      throw invalidFilter();
    }
    if (parsed === null) return new Filters();
    if (typeof parsed !== 'object' || Array.isArray(parsed)) throw invalidFilter();
    return new Filters(Object.entries(parsed).map(([key, values]) => [key, valuesOf(values)] as const));
  }

  get size(): number {
    return this.#values.size;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  get(key: string): string[] {
    return [...(this.#values.get(key) ?? [])];
  }

  keys(): string[] {
    return [...this.#values.keys()];
  }

  add(key: string, value: string): void {
    const values = this.#values.get(key);
    if (values) values.add(value);
    else this.#values.set(key, new Set([value]));
  }

  /** Refuses keys that a request does not know. */
  validate(accepted: readonly string[]): void {
    for (const key of this.#values.keys()) if (!accepted.includes(key)) throw invalidFilter(key);
  }

  /** True when the key is absent, or holds exactly this value among others. */
  exact(key: string, value: string): boolean {
    const values = this.#values.get(key);
    return !values || values.size === 0 || values.has(value);
  }

  /** Like `exact`, and a value may be a prefix. */
  prefix(key: string, value: string): boolean {
    return this.exact(key, value) || this.get(key).some((wanted) => value.startsWith(wanted));
  }

  /** Like `exact`, and a value may be a regular expression found anywhere in it; bad expressions match nothing. */
  match(key: string, value: string): boolean {
    return this.exact(key, value) || this.get(key).some((pattern) => matches(pattern, value));
  }

  /** Every wanted `name` or `name=value` is among the pairs; true when the key is absent. */
  pairs(key: string, source: Record<string, string> | null | undefined): boolean {
    return this.get(key).every((wanted) => {
      const at = wanted.indexOf('=');
      const name = at < 0 ? wanted : wanted.slice(0, at);
      if (!source || !Object.hasOwn(source, name)) return false;
      return at < 0 || source[name] === wanted.slice(at + 1);
    });
  }

  flag(key: string, otherwise: boolean): boolean {
    const values = this.#values.get(key);
    if (!values) return otherwise;
    if (values.size === 0) throw invalidFilter(key);
    const no = values.has('0') || values.has('false');
    const yes = values.has('1') || values.has('true');
    if (no === yes) throw invalidFilter(key, [...values]);
    return yes;
  }
}

export function invalidFilter(key?: string, values?: readonly string[]): EngineError {
  const detail = key === undefined ? '' : ` '${key}${values ? `=[${values.join(' ')}]` : ''}'`;
  return new EngineError('invalid-parameter', `invalid filter${detail}`);
}

function valuesOf(values: unknown): string[] {
  if (values === null) return [];
  if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values;
  if (typeof values === 'object' && !Array.isArray(values) && Object.values(values).every((value) => typeof value === 'boolean')) {
    return Object.keys(values);
  }
  throw invalidFilter();
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return false;
  }
}
