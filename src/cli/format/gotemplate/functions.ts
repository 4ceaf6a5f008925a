/**
 * The functions a template may call: Go's builtins and docker's own (`json`, `join`, `pad`, …). Each
 * declares what it takes; `exec.ts` checks arguments against that with Go's error texts. `and` and `or`
 * are not here: they look at no more arguments than they need.
 * Source: Go 1.24 text/template/funcs.go; docker/cli templates/templates.go.
 */
import { compare, equal } from './compare.ts';
import { escapeHtml, escapeQuery, escapeScript } from './escape.ts';
import { goJson } from './json.ts';
import { sprint, sprintf, sprintln } from './print.ts';
import { GoList, GoMap, isTrue, Nil, strings, typeName, GoInteger, type GoMethod, type GoValue, type ParameterType } from './value.ts';

export interface GoFunction extends GoMethod {
  /** The last parameter may come any number of times, also none. */
  variadic: boolean;
}

function define(parameters: ParameterType[], call: (...args: never[]) => GoValue, variadic = false): GoFunction {
  return { parameters, variadic, call: call as GoMethod['call'] };
}

export const BUILTINS: Record<string, GoFunction> = {
  call: define(
    ['any', 'any'],
    (target: GoValue) => {
      throw new Error(target === null || target === undefined ? 'call of nil' : `non-function %NODE% of type ${typeName(target)}`);
    },
    true,
  ),
  html: define(['any'], (...values: GoValue[]) => escapeHtml(sprintOrText(values)), true),
  index: define(['any', 'any'], (value: GoValue, ...keys: GoValue[]) => keys.reduce(indexOne, indexable(value)), true),
  js: define(['any'], (...values: GoValue[]) => escapeScript(sprintOrText(values)), true),
  len: define(['any'], (value: GoValue) => BigInt(lengthOf(value))),
  not: define(['any'], (value: GoValue) => !isTrue(value)),
  print: define(['any'], (...values: GoValue[]) => sprint(values), true),
  printf: define(['string', 'any'], (format: string, ...values: GoValue[]) => sprintf(format, values), true),
  println: define(['any'], (...values: GoValue[]) => sprintln(values), true),
  slice: define(['any', 'any'], (value: GoValue, ...indexes: GoValue[]) => sliceOf(value, indexes), true),
  urlquery: define(['any'], (...values: GoValue[]) => escapeQuery(sprintOrText(values)), true),
  eq: define(
    ['any', 'any'],
    (first: GoValue, ...others: GoValue[]) => {
      if (others.length === 0) throw new Error('missing argument for comparison');
      return others.some((other) => equal(first, other));
    },
    true,
  ),
  ne: define(['any', 'any'], (a: GoValue, b: GoValue) => !equal(a, b)),
  lt: define(['any', 'any'], (a: GoValue, b: GoValue) => compare(a, b) < 0),
  le: define(['any', 'any'], (a: GoValue, b: GoValue) => compare(a, b) <= 0),
  gt: define(['any', 'any'], (a: GoValue, b: GoValue) => compare(a, b) > 0),
  ge: define(['any', 'any'], (a: GoValue, b: GoValue) => compare(a, b) >= 0),
};

export const DOCKER_FUNCTIONS: Record<string, GoFunction> = {
  json: define(['any'], (value: GoValue) => goJson(value)),
  split: define(['string', 'string'], (text: string, separator: string) => strings(split(text, separator))),
  join: define(['[]string', 'string'], (list: GoValue, separator: string) =>
    list instanceof GoList ? (list.elements as string[]).join(separator) : '',
  ),
  title: define(['string'], title),
  lower: define(['string'], (text: string) => text.toLowerCase()),
  upper: define(['string'], upper),
  pad: define(['string', 'int', 'int'], (text: string, before: bigint, after: bigint) =>
    text === '' ? text : ' '.repeat(Number(before)) + text + ' '.repeat(Number(after)),
  ),
  truncate: define(['string', 'int'], (text: string, length: bigint) => truncateBytes(text, Number(length))),
};

/** Of a table's header: what would change the values leaves the names of columns alone. */
export const HEADER_FUNCTIONS: Record<string, GoFunction> = {
  ...DOCKER_FUNCTIONS,
  json: define(['string'], (text: string) => text),
  split: define(['string', 'string'], (text: string) => text),
  join: define(['string', 'string'], (text: string) => text),
  title: define(['string'], (text: string) => text),
  lower: define(['string'], (text: string) => text),
  upper: define(['string'], (text: string) => text),
  truncate: define(['string', 'int'], (text: string) => text),
};

function sprintOrText(values: GoValue[]): string {
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : sprint(values);
}

function lengthOf(value: GoValue): number {
  if (value === undefined || value === null) throw new Error('len of nil pointer');
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  if (value instanceof GoList) return value.elements.length;
  if (value instanceof GoMap) return value.entries.size;
  if (value instanceof Nil) {
    if (value.kind === 'pointer') throw new Error('len of nil pointer');
    return 0;
  }
  throw new Error(`len of type ${typeName(value)}`);
}

function indexable(value: GoValue): GoValue {
  if (value === undefined || value === null) throw new Error('index of untyped nil');
  return value;
}

function indexOne(value: GoValue, key: GoValue): GoValue {
  if (value === undefined || value === null) throw new Error('index of nil pointer');
  if (value instanceof Nil && value.kind !== 'pointer') value = emptyOf(value);
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    return BigInt(bytes[elementAt(key, bytes.length, 'string')] ?? 0);
  }
  if (value instanceof GoList) return value.elements[elementAt(key, value.elements.length, 'slice')];
  if (value instanceof GoMap) {
    if (key === undefined || key === null) throw new Error(`value is nil; should be of type ${value.keyType}`);
    if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be ${value.keyType}`);
    return value.entries.has(key) ? value.entries.get(key) : zeroOf(value.elementType);
  }
  if (value instanceof Nil) throw new Error('index of nil pointer');
  throw new Error(`can't index item of type ${typeName(value)}`);
}

/** Go's check lets the length itself pass, so that reflection refuses it. */
function elementAt(key: GoValue, length: number, kind: 'slice' | 'string'): number {
  const index = position(key, length);
  if (index === length) throw new Error(`reflect: ${kind} index out of range`);
  return index;
}

function position(key: GoValue, limit: number): number {
  if (key === undefined || key === null) throw new Error('cannot index slice/array with nil');
  const index = typeof key === 'bigint' ? key : key instanceof GoInteger ? key.value : undefined;
  if (index === undefined) throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  if (index < 0n || index > BigInt(limit)) throw new Error(`index out of range: ${index}`);
  return Number(index);
}

function sliceOf(value: GoValue, indexes: GoValue[]): GoValue {
  if (value === undefined || value === null) throw new Error('slice of untyped nil');
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`);
  if (value instanceof Nil && value.kind === 'slice') value = emptyOf(value);
  if (typeof value === 'string') {
    if (indexes.length === 3) throw new Error('cannot 3-index slice a string');
    const bytes = new TextEncoder().encode(value);
    const [from, to] = range(indexes, bytes.length);
    return new TextDecoder().decode(bytes.slice(from, to));
  }
  if (!(value instanceof GoList)) throw new Error(`can't slice item of type ${typeName(value)}`);
  const [from, to] = range(indexes, value.elements.length);
  return new GoList(value.elements.slice(from, to), value.elementType);
}

function range(indexes: GoValue[], length: number): [number, number] {
  const bounds = indexes.map((index) => position(index, length));
  const [from = 0, to = length, cap = length] = bounds;
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  if (to > cap) throw new Error(`invalid slice index: ${to} > ${cap}`);
  return [from, to];
}

function emptyOf(nil: Nil): GoValue {
  const element = nil.type.replace(/^(\[\]|map\[[^\]]*\])/, '');
  return nil.kind === 'slice' ? new GoList([], element) : new GoMap(new Map(), element);
}

/** The value of a map's missing key, when it was asked for with `index`. */
function zeroOf(type: string): GoValue {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (/^u?int\d*$/.test(type)) return 0n;
  if (type.startsWith('[]')) return new Nil('slice', type);
  if (type.startsWith('map[')) return new Nil('map', type);
  if (type.startsWith('*')) return new Nil('pointer', type);
  return undefined;
}

function split(text: string, separator: string): string[] {
  return separator === '' ? [...text] : text.split(separator);
}

/** Go's deprecated strings.Title: a capital after everything but letters, digits, `_` and `'`… */
function title(text: string): string {
  return text.replace(/(^|[^\p{L}\p{Nd}_])(\p{L})/gu, (_match, before: string, letter: string) => before + upper(letter));
}

/** Letter by letter: Go does not turn `ß` into two letters. */
function upper(text: string): string {
  return [...text].map((letter) => ([...letter.toUpperCase()].length === 1 ? letter.toUpperCase() : letter)).join('');
}

/** The first bytes; a letter cut in two becomes the replacement character per byte, as on Go's output. */
function truncateBytes(text: string, length: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= length) return text;
  const whole = new TextDecoder().decode(bytes.slice(0, length)).replace(/\uFFFD$/, '');
  return whole + '\uFFFD'.repeat(length - new TextEncoder().encode(whole).length);
}
