/**
 * JSON as Go's encoder writes it: keys of maps sorted, struct fields in order, floats by Go's rule.
 * HTML escaping is off for templates, on for `json.Marshal`.
 */
import { Complex, GoList, GoMap, GoStruct, GoTime, JsonNumber, Nil, sortedEntries, GoInteger, type GoValue } from './value.ts';

/** The function `json` of docker's templates: no HTML escaping. */
export function goJson(value: GoValue): string {
  if (value === undefined || value === null || value instanceof Nil) return 'null';
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return jsonFloat(value);
  if (value instanceof GoList) return `[${value.elements.map(goJson).join(',')}]`;
  if (value instanceof GoMap) {
    return `{${sortedEntries(value)
      .map(([key, entry]) => `${jsonString(key)}:${goJson(entry)}`)
      .join(',')}}`;
  }
  if (value instanceof GoStruct) return value.toJson();
  if (value instanceof GoInteger) return value.value.toString();
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof GoTime) return jsonString(value.text);
  if (value instanceof Complex) throw new Error('json: unsupported type: complex128');
  return 'null';
}

/** A JavaScript value, its keys in the order they have. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);
}

function jsonString(text: string): string {
  return plainJson(text);
}

function jsonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return value.toExponential().replace(/e-0?(\d)$/, 'e-$1');
  return String(value);
}
