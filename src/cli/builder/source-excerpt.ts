/**
 * Lines of a Dockerfile with some around them, those that are meant marked with `>>>`.
 * Source: BuildKit solver/errdefs/source.go.
 */

const RULE = '-'.repeat(20);

/** A line's number, its text, and whether it is meant. */
export type ExcerptLine = readonly [number: number, text: string, isMeant: boolean];

/** @returns empty when there is nothing to show */
export function printExcerpt(file: string, lines: readonly ExcerptLine[]): string {
  const meant = lines.find(([, , isMeant]) => isMeant);
  if (!meant) return '';
  const rows = lines.map(([number, text, isMeant]) => ` ${String(number).padStart(3)} | ${isMeant ? '>>>' : '   '} ${text}\n`);
  return `${file}:${meant[0]}\n${RULE}\n${rows.join('')}${RULE}\n`;
}

/** Four lines around one, two around several, as far as there are some. */
export function excerptOf(source: string, first: number, last: number): ExcerptLine[] {
  const lines = source.split('\n');
  if (first < 1 || first > lines.length) return [];
  let [from, to] = [first, Math.min(Math.max(first, last), lines.length)];
  const wanted = from === to ? 4 : 2;
  // A step that finds nothing more counts as well.
  for (let added = 0; added < wanted; added++) {
    if (from > 1) {
      from--;
      added++;
    }
    if (to < lines.length) {
      to++;
      added++;
    }
  }
  return lines
    .slice(from - 1, to)
    .map((text, index) => [from + index, text, from + index >= first && from + index <= Math.max(first, last)]);
}
