/** Sizes in bytes, written and read as docker/go-units does: `1.5GB` in tables, `512m` in options. */
import { formatSignificant, parseFloat64 } from './number.ts';

const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];
const SUFFIX_POWERS = 'kmgtp';
const MAX_INT64 = 2 ** 63;

/** `1.049MB`: powers of 1000, four digits. */
export function humanSize(sizeBytes: number): string {
  return humanSizeWithPrecision(sizeBytes, 4);
}

/** Powers of 1000 with the given number of significant digits; tables use three. */
export function humanSizeWithPrecision(sizeBytes: number, digits: number): string {
  return sizeIn(sizeBytes, 1000, DECIMAL_UNITS, digits);
}

/** `1MiB`: powers of 1024, four digits. */
export function bytesSize(sizeBytes: number): string {
  return sizeIn(sizeBytes, 1024, BINARY_UNITS, 4);
}

/** A size in an option (`512m`, `1.5g`, `32 MiB`): powers of 1024, to whole bytes. */
export function parseRamSize(text: string): number {
  return parseSize(text, 1024);
}

/** A size in powers of 1000. */
export function parseHumanSize(text: string): number {
  return parseSize(text, 1000);
}

function sizeIn(sizeBytes: number, base: number, units: string[], digits: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${formatSignificant(value, digits)}${units[unit] ?? ''}`;
}

function parseSize(text: string, base: number): number {
  const lastDigit = text.search(/[\d. ][^\d. ]*$/);
  if (lastDigit < 0) throw new Error(`invalid size: '${text}'`);
  // A single space may stand before the suffix.
  const numberEnd = text[lastDigit] === ' ' ? lastDigit : lastDigit + 1;
  const amount = parseFloat64(text.slice(0, numberEnd));
  if (amount < 0) throw new Error(`invalid size: '${text}'`);
  const suffix = text.slice(lastDigit + 1).toLowerCase();
  if (suffix === '' || suffix === 'b') return wholeBytes(amount);
  const power = SUFFIX_POWERS.indexOf(suffix.charAt(0)) + 1;
  if (power === 0 || !['', 'b', 'ib'].includes(suffix.slice(1))) throw new Error(`invalid suffix: '${suffix}'`);
  return wholeBytes(amount * base ** power);
}

/** As Go converts to int64: what does not fit becomes the smallest one. */
function wholeBytes(value: number): number {
  return value >= MAX_INT64 ? -MAX_INT64 : Math.trunc(value) + 0;
}
