/**
 * Values as a Go template sees them. JavaScript's own carry most of Go's kinds: string, boolean, bigint
 * (int), number (float64), null (a nil interface), undefined (no value at all). Lists, maps and structs
 * know their Go type, which `%T`, error texts and the functions' argument checks show.
 */

export type GoValue =
  undefined | null | string | boolean | bigint | number | GoInteger | Complex | JsonNumber | GoTime | Nil | GoList | GoMap | GoStruct;

/** A nil pointer, slice or map, which unlike a nil interface has a type. */
export class Nil {
  constructor(
    readonly kind: 'pointer' | 'slice' | 'map',
    readonly type: string,
  ) {}
}

/** An integer of a type other than int; a `time.Duration` prints as one. */
export class GoInteger {
  constructor(
    readonly value: bigint,
    readonly type: 'int64' | 'uint' | 'uint16' | 'uint64' | 'time.Duration',
  ) {}
}

export class Complex {
  constructor(
    readonly real: number,
    readonly imaginary: number,
  ) {}
}

/** A number of a document that was read without a type; prints as written there. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** A time; prints as Go's `time.Time`, in JSON as RFC 3339. */
export class GoTime {
  /** @param text RFC 3339 with up to nine digits of a second */
  constructor(readonly text: string) {}
}

export class GoList {
  /** @param elementType Go's name: `string`, `interface {}`, `container.MountPoint` */
  constructor(
    readonly elements: readonly GoValue[],
    readonly elementType: string,
  ) {}
}

export class GoMap {
  constructor(
    readonly entries: ReadonlyMap<string, GoValue>,
    readonly elementType: string,
    readonly keyType = 'string',
  ) {}
}

/** Called with what the template gives it; errors are thrown. */
export interface GoMethod {
  /** Kinds of its parameters. */
  parameters: readonly ParameterType[];
  call(...args: GoValue[]): GoValue;
}

export type ParameterType = 'string' | 'int' | 'any' | '[]string';

/** Something with named fields and methods. */
export abstract class GoStruct {
  /** Go's name for its type: `container.State`, `*formatter.ContainerContext`; a star says it is a pointer. */
  abstract readonly type: string;
  /** The field's value, or the method's; undefined when there is none of that name. */
  abstract lookup(name: string): { field: GoValue } | { method: GoMethod } | undefined;
  /** What `%v` prints, unless it has a `String` method. */
  abstract fields(): [name: string, value: GoValue][];
  /** What the function `json` gives: the text. */
  abstract toJson(): string;
  /** What its `String` method says; undefined when it has none. */
  string(): string | undefined {
    return undefined;
  }
}

/** The document as Go decodes JSON into an `interface{}`: numbers are float64, or keep their text. */
export function fromJson(value: unknown, numbers: 'float' | 'text' = 'float'): GoValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return numbers === 'float' ? value : new JsonNumber(String(value));
  if (Array.isArray(value)) {
    return new GoList(
      value.map((element) => fromJson(element, numbers)),
      'interface {}',
    );
  }
  if (typeof value === 'object') {
    return new GoMap(new Map(Object.entries(value).map(([key, entry]) => [key, fromJson(entry, numbers)])), 'interface {}');
  }
  return undefined;
}

export function strings(values: readonly string[]): GoList {
  return new GoList(values, 'string');
}

/** Go's name for a value's type. */
export function typeName(value: GoValue): string {
  if (value === undefined || value === null) return 'nil';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    default:
      if (value instanceof GoList) return `[]${value.elementType}`;
      if (value instanceof GoMap) return `map[${value.keyType}]${value.elementType}`;
      if (value instanceof GoStruct || value instanceof Nil || value instanceof GoInteger) return value.type;
      if (value instanceof Complex) return 'complex128';
      if (value instanceof GoTime) return 'time.Time';
      return 'json.Number';
  }
}

/** Whether `if` and `with` take it for true: not empty, not zero, not nil. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === null || value instanceof Nil) return false;
  if (value instanceof GoList) return value.elements.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof GoInteger) return value.value !== 0n;
  if (value instanceof Complex) return value.real !== 0 || value.imaginary !== 0;
  if (value instanceof JsonNumber) return value.text !== '';
  if (value instanceof GoStruct || value instanceof GoTime) return true;
  return Boolean(value);
}

/** A map's entries in the order Go's templates and printing use. */
export function sortedEntries(map: GoMap): [string, GoValue][] {
  return [...map.entries].sort(([a], [b]) => compareStrings(a, b));
}

/** Go's order of strings: by bytes, which for UTF-8 is by code point. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const left = [...a];
  const right = [...b];
  for (let index = 0; index < left.length && index < right.length; index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
