/** Constants in a template: Go's numbers, characters and quoted strings, with Go's error texts. */
import { quote } from '#engine/go-quote.ts';
import { parseFloat64, parseInteger } from '../../units/number.ts';
import { Complex, type GoValue } from './value.ts';

const LIMIT = 1n << 63n;

/** An int as bigint, a float as number. */
export function parseNumber(text: string, isCharacter: boolean): GoValue {
  if (isCharacter) return BigInt(characterOf(text));
  if (text.endsWith('i')) return complexOf(text);
  if (/^[+-]?(0[xX][\da-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[1-9][\d_]*|0)$/.test(text)) {
    const value = integerOf(text);
    if (value >= LIMIT || value < -LIMIT) throw new Error(`${text} overflows int`);
    return value;
  }
  if (/^[+-]?0[xX]/.test(text)) return hexFloat(text);
  try {
    return parseFloat64(text.replaceAll('_', ''));
  } catch {
    throw new Error(`illegal number syntax: ${quote(text)}`);
  }
}

export function unquoteString(text: string): string {
  const bytes: number[] = [];
  const inner = text.slice(1, -1);
  for (let at = 0; at < inner.length;) {
    const [length, value, isByte] = unescape(inner, at, '"');
    if (isByte) bytes.push(value);
    else bytes.push(...new TextEncoder().encode(String.fromCodePoint(value)));
    at += length;
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function characterOf(text: string): number {
  const inner = text.slice(1, -1);
  const malformed = (): Error => new Error(`malformed character constant: ${text}`);
  if (inner === '') throw malformed();
  try {
    const [length, value] = unescape(inner, 0, "'");
    if (length === inner.length) return value;
  } catch {
    // Falls through to the error that names the constant.
  }
  throw malformed();
}

const SIMPLE: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

/** Length in the text, value, and whether that is a byte rather than a character. */
function unescape(text: string, at: number, quoteMark: string): [number, number, boolean] {
  const point = text.codePointAt(at) ?? 0;
  if (text[at] !== '\\') return [point > 0xffff ? 2 : 1, point, false];
  const letter = text[at + 1] ?? '';
  const simple = letter === quoteMark ? quoteMark.charCodeAt(0) : SIMPLE[letter];
  if (simple !== undefined) return [2, simple, false];
  const digits = { x: 2, u: 4, U: 8 }[letter];
  if (digits !== undefined) {
    const hex = text.slice(at + 2, at + 2 + digits);
    if (!/^[\da-fA-F]+$/.test(hex) || hex.length < digits) throw new Error('invalid syntax');
    const value = Number.parseInt(hex, 16);
    if (value > 0x10ffff) throw new Error('invalid syntax');
    return [2 + digits, value, letter === 'x'];
  }
  const octal = text.slice(at + 1, at + 4);
  if (!/^[0-7]{3}$/.test(octal) || Number.parseInt(octal, 8) > 255) throw new Error('invalid syntax');
  return [4, Number.parseInt(octal, 8), true];
}

function integerOf(text: string): bigint {
  try {
    return parseInteger(text, 0, 256);
  } catch {
    throw new Error(`illegal number syntax: ${quote(text)}`);
  }
}

function hexFloat(text: string): number {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)0[xX]([\da-fA-F_]*)\.?([\da-fA-F_]*)[pP]([+-]?\d+)$/.exec(text) ?? [];
  if (whole + fraction === '') throw new Error(`illegal number syntax: ${quote(text)}`);
  const mantissa = Number.parseInt(whole + fraction, 16) / 16 ** fraction.length;
  return mantissa * 2 ** Number(exponent) * (sign === '-' ? -1 : 1);
}

function complexOf(text: string): GoValue {
  const [, real = '', imaginary = ''] = /^(.*?[^eE+-])?([+-]?[^+-]*(?:[eE][+-]\d+)?)i$/.exec(text) ?? [];
  try {
    return new Complex(real === '' ? 0 : parseFloat64(real), parseFloat64(imaginary));
  } catch {
    throw new Error(`illegal number syntax: ${quote(text)}`);
  }
}
