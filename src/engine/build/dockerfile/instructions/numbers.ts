/**
 * Numbers and truth values as Go reads them.
 * Source: Go strconv; docker/go-units RAMInBytes.
 */

const unsignedLimit = 2 ** 32;

/** A number of at most 32 bits; undefined when it is none. */
export function parseUnsigned(text: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text)) return undefined;
  const value = parseInt(text, base);
  return value < unsignedLimit ? value : undefined;
}

/** `strconv.ParseBool`. */
export function parseFlag(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

/** `32m`, `1.5 GiB`; powers of 1024. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgtp]?(?:i?b)?)$/i.exec(text) ?? [];
  if (number === undefined || /^bi?b$/i.test(unit)) return undefined;
  const power = 'bkmgtp'.indexOf(unit[0]?.toLowerCase() ?? 'b');
  return Math.trunc(Number(number) * 1024 ** Math.max(power, 0));
}
