/**
 * Go's durations: `1h30m`, nanoseconds as bigint.
 * Source: Go, time/format.go.
 */

const UNIT_NANOSECONDS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // micro sign
  μs: 1_000n, // Greek mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const LIMIT = 1n << 63n;

/** Go's `time.ParseDuration`, in nanoseconds. */
export function parseDuration(text: string): bigint {
  const invalid = (): Error => new Error(`time: invalid duration ${quoteAscii(text)}`);
  const negative = text.startsWith('-');
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();
  let total = 0n;
  while (rest !== '') {
    const [number, whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? [''];
    if (number === '' || (whole === '' && fraction === '')) throw invalid();
    if (BigInt(whole || '0') > LIMIT) throw invalid();
    rest = rest.slice(number.length);
    const unit = /^[^\d.]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw new Error(`time: missing unit in duration ${quoteAscii(text)}`);
    const scale = Object.hasOwn(UNIT_NANOSECONDS, unit) ? UNIT_NANOSECONDS[unit] : undefined;
    if (scale === undefined) throw new Error(`time: unknown unit ${quoteAscii(unit)} in duration ${quoteAscii(text)}`);
    rest = rest.slice(unit.length);
    total += BigInt(whole || '0') * scale + fractionOf(fraction, scale);
    if (total > LIMIT) throw invalid();
  }
  if (!negative && total > LIMIT - 1n) throw invalid();
  return negative ? -total : total;
}

/** Go's `Duration.String()`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
  const seconds = size / 1_000_000_000n;
  const minutes = seconds / 60n;
  const hours = minutes / 60n;
  const last = `${decimal((seconds % 60n) * 1_000_000_000n + (size % 1_000_000_000n), 9)}s`;
  if (minutes === 0n) return sign + last;
  if (hours === 0n) return `${sign}${minutes}m${last}`;
  return `${sign}${hours}h${minutes % 60n}m${last}`;
}

/** As Go computes it, in floating point, from as many digits as fit 63 bits. */
function fractionOf(digits: string, scale: bigint): bigint {
  let value = 0n;
  let count = 0;
  for (; count < digits.length && value <= (LIMIT - 1n) / 10n; count++) value = value * 10n + BigInt(digits[count] ?? '0');
  return BigInt(Math.trunc(Number(value) * (Number(scale) / 10 ** count)));
}

function decimal(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits);
  const fraction = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / scale}` : `${value / scale}.${fraction}`;
}

/** The time package's own quoting: every byte outside printable ASCII as \x... */
function quoteAscii(text: string): string {
  let result = '"';
  for (const letter of text) {
    if (letter === '"' || letter === '\\') result += `\\${letter}`;
    else if (letter >= ' ' && letter < '\x7f') result += letter;
    else for (const byte of new TextEncoder().encode(letter)) result += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${result}"`;
}
