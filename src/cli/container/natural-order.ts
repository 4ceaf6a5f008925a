/**
 * The order in which a person lists names with numbers: `80/tcp` before `443/tcp`.
 * Source: fvbommel/sortorder, NaturalLess.
 */

/** For `sort`. Runs of digits compare as numbers, all else by code; equal numbers with fewer leading zeros come first. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [chunks(a), chunks(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left[index]!, right[index]!];
    if (one === other) continue;
    if (isNumber(one) && isNumber(other)) {
      const difference = BigInt(one) - BigInt(other);
      if (difference !== 0n) return difference < 0n ? -1 : 1;
      return one.length - other.length;
    }
    return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** Numbers, and single other characters. */
function chunks(text: string): string[] {
  return text.match(/\d+|\D/gs) ?? [];
}

function isNumber(chunk: string): boolean {
  return /^\d/.test(chunk);
}
