/** API versions: what this engine speaks, and how `1.9` and `1.24` compare. */

/** The newest that client and engine of this program speak; a release that is installed may speak less. */
export const apiVersion = '1.50';

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`. Source: moby api/types/versions. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number(left[i] || 0) - Number(right[i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function atLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0;
}
