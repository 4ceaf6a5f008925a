/** Comparisons of Go's templates: `eq` and `lt` over basic kinds, signed and unsigned integers together. */
import { compareStrings, Complex, GoList, GoMap, GoStruct, JsonNumber, Nil, typeName, GoInteger, type GoValue } from './value.ts';

type BasicKind = 'bool' | 'complex' | 'int' | 'float' | 'string' | 'uint';

/** @throws Error with Go's text when the two cannot be compared */
export function equal(first: GoValue, second: GoValue): boolean {
  const a = basicKind(first);
  const b = basicKind(second);
  if (a !== undefined && b !== undefined) {
    if (a === b || (isInteger(a) && isInteger(b))) return basicEqual(first, second);
    throw new Error('incompatible types for comparison');
  }
  const nilLike = (value: GoValue): boolean => value === null || value === undefined;
  if (nilLike(first) || nilLike(second)) {
    const other = nilLike(first) ? second : first;
    return nilLike(other) || other instanceof Nil;
  }
  if (typeName(first) !== typeName(second)) throw new Error('incompatible types for comparison');
  const slice = [first, second].find((value) => value instanceof GoList || value instanceof GoMap);
  if (first instanceof Nil && second instanceof Nil) return true;
  if (first instanceof Nil || second instanceof Nil) return false;
  if (slice) throw new Error(`non-comparable type ${goText(first)}: ${typeName(first)}`);
  if (first instanceof GoStruct && second instanceof GoStruct) {
    return first === second || first.toJson() === second.toJson();
  }
  return first === second;
}

/** Negative, zero or positive. @throws Error with Go's text */
export function compare(first: GoValue, second: GoValue): number {
  const a = basicKind(first);
  const b = basicKind(second);
  if (a === undefined || b === undefined) throw new Error('invalid type for comparison');
  if (a !== b && !(isInteger(a) && isInteger(b))) throw new Error('incompatible types for comparison');
  if (a === 'bool' || a === 'complex') throw new Error('invalid type for comparison');
  if (a === 'string') return compareStrings(textOf(first), textOf(second));
  const left = numberOf(first);
  const right = numberOf(second);
  return left < right ? -1 : left > right ? 1 : 0;
}

function basicKind(value: GoValue): BasicKind | undefined {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    default:
      if (value instanceof GoInteger) return value.type.startsWith('uint') ? 'uint' : 'int';
      if (value instanceof Complex) return 'complex';
      return value instanceof JsonNumber ? 'string' : undefined;
  }
}

function isInteger(kind: BasicKind): boolean {
  return kind === 'int' || kind === 'uint';
}

function basicEqual(first: GoValue, second: GoValue): boolean {
  if (first instanceof Complex && second instanceof Complex) {
    return first.real === second.real && first.imaginary === second.imaginary;
  }
  if (typeof first === 'string' || first instanceof JsonNumber) return textOf(first) === textOf(second);
  return numberOf(first) === numberOf(second);
}

function textOf(value: GoValue): string {
  return value instanceof JsonNumber ? value.text : String(value);
}

function numberOf(value: GoValue): GoValue & (bigint | number | boolean) {
  return value instanceof GoInteger ? value.value : (value as bigint | number | boolean);
}

function goText(value: GoValue): string {
  return value instanceof GoMap ? 'map[]' : String(value);
}
