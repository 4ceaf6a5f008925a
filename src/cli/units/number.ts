/**
 * Numbers read and written as Go does (`strconv`, `%.4g`), with Go's error texts: flags, templates and
 * option syntaxes show them to the user.
 */
import { quote } from '#engine/go-quote.ts';
import { parseGoBool } from '#engine/go-values.ts';

export function parseBool(text: string): boolean {
  const value = parseGoBool(text);
  if (value === undefined) throw new Error(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
  return value;
}

/**
 * Go's `strconv.ParseInt(text, base, bits)`. Base 0 takes it from the prefix (`0x`, `0o`, `0b`, `0`) and
 * allows underscores.
 */
export function parseInteger(text: string, base = 0, bits = 64): bigint {
  const magnitude = digitsOf(text.replace(/^[+-]/, ''), base);
  if (magnitude === undefined) throw new Error(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const limit = 1n << BigInt(bits - 1);
  const negative = text.startsWith('-');
  if (magnitude > (negative ? limit : limit - 1n)) {
    throw new Error(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  }
  return negative ? -magnitude : magnitude;
}

/** Go's `strconv.ParseUint(text, base, bits)`. */
export function parseUnsigned(text: string, base = 0, bits = 64): bigint {
  const magnitude = digitsOf(text, base);
  if (magnitude === undefined) throw new Error(`strconv.ParseUint: parsing ${quote(text)}: invalid syntax`);
  if (magnitude >= 1n << BigInt(bits)) throw new Error(`strconv.ParseUint: parsing ${quote(text)}: value out of range`);
  return magnitude;
}

const DECIMAL_FLOAT = /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Go's `strconv.ParseFloat(text, 64)`, without hexadecimal. */
export function parseFloat64(text: string): number {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!DECIMAL_FLOAT.test(text) || text.includes('_')) {
    throw new Error(`strconv.ParseFloat: parsing ${quote(text)}: invalid syntax`);
  }
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`strconv.ParseFloat: parsing ${quote(text)}: value out of range`);
  return value;
}

/** Go's `%.<digits>g`. */
export function formatSignificant(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? '-' : '+';
    return `${withoutTrailingZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return withoutTrailingZeros(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

/** Go's `%.<digits>f`: a value halfway between two goes to the even one, where JavaScript goes up. */
export function formatFixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  const halfway = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  if (!halfway) return value.toFixed(digits);
  return (Math.round(scaled / 2) * 2 * 10 ** -digits).toFixed(digits);
}

function withoutTrailingZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function digitsOf(text: string, base: number): bigint | undefined {
  let digits = text;
  if (base === 0) {
    const prefix = /^0[xX]/.test(text) ? 16 : /^0[bB]/.test(text) ? 2 : /^0[oO]/.test(text) ? 8 : 0;
    if (/__|_$|^_/.test(text)) return undefined;
    digits = (prefix ? text.slice(2) : text).replaceAll('_', '');
    base = prefix || (/^0./.test(text) ? 8 : 10);
  }
  const allowed = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[\da-fA-F]+$/ }[base];
  if (!allowed?.test(digits)) return undefined;
  const prefix = { 2: '0b', 8: '0o', 10: '', 16: '0x' }[base] ?? '';
  return BigInt(prefix + digits);
}
