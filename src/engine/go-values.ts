/**
 * Numbers, sizes and truth values as Go reads them.
 * Source: Go strconv; docker/go-units, RAMInBytes.
 */

const unsignedLimit = 2 ** 32;

/** A number of at most 32 bits; undefined when it is none. */
export function parseUnsigned(text: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text)) return undefined;
  const value = parseInt(text, base);
  return value < unsignedLimit ? value : undefined;
}

/** `strconv.ParseBool`; undefined when it is neither. */
export function parseGoBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

/** `32m`, `1.5 GiB` in bytes, by powers of 1024; undefined when it is no size. */
export function parseRamSize(text: string): number | undefined {
  const [, number, unit = 'b'] = /^(\d+(?:\.\d+)?) ?(?:b|([kmgtp])(?:i?b)?)?$/i.exec(text) ?? [];
  return number === undefined ? undefined : Math.trunc(Number(number) * 1024 ** 'bkmgtp'.indexOf(unit.toLowerCase()));
}
