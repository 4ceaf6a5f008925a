/** JSON as Go's encoder writes it: maps sorted by key, `<`, `>` and `&` escaped. */
import { compareStrings } from './load/model.ts';

/** A `Map` keeps its order: it is a struct. */
export function goJson(value: unknown, indent = '', level = 0): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'number') return jsonNumber(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return goJson((value.toJSON as () => unknown)(), indent, level);
  const inner = (entry: unknown): string => goJson(entry, indent, level + 1);
  if (Array.isArray(value)) return enclosed('[', value.map(inner), ']', indent, level);
  const entries =
    value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value).sort(([a], [b]) => compareStrings(a, b));
  const colon = indent === '' ? ':' : ': ';
  return enclosed(
    '{',
    entries.map(([key, entry]) => `${jsonString(key)}${colon}${inner(entry)}`),
    '}',
    indent,
    level,
  );
}

function enclosed(open: string, items: string[], close: string, indent: string, level: number): string {
  if (items.length === 0) return open + close;
  if (indent === '') return open + items.join(',') + close;
  const newline = `\n${indent.repeat(level + 1)}`;
  return `${open}${newline}${items.join(`,${newline}`)}\n${indent.repeat(level)}${close}`;
}

function jsonString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029\x7f]|\\[bf]/g, (found) => {
    if (found === '\x7f') return found;
    const code = found === '\\b' ? 8 : found === '\\f' ? 12 : found.charCodeAt(0);
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function jsonNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value).toString();
  return String(value);
}
