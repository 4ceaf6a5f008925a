/**
 * Columns of a table: cells end at a tab, a column is as wide as its widest cell in a run of lines that
 * have it. The last cell of a line belongs to no column, so nothing trails it. Wide letters count two.
 * Source: docker/cli cli/command/formatter/tabwriter (Go's text/tabwriter).
 */

export interface TabLayout {
  /** Least width of a column, padding included. */
  minWidth: number;
  /** Blanks after the widest cell. */
  padding: number;
  padCharacter: string;
  /** Pads with tabs of this width instead: a column's width is a multiple of it. */
  tabWidth?: number;
}

/** What docker's tables use. */
export const DOCKER_TABLE: TabLayout = { minWidth: 10, padding: 3, padCharacter: ' ' };

export function alignColumns(text: string, layout: TabLayout = DOCKER_TABLE): string {
  return text
    .split('\f')
    .map((page) => alignPage(page, layout))
    .join('\n');
}

function alignPage(text: string, layout: TabLayout): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  // An empty cell at the very end was never begun.
  const last = lines.at(-1);
  if (last && last.length > 1 && last.at(-1) === '') last.pop();
  const widths = lines.map((): number[] => []);
  const columns = Math.max(...lines.map((line) => line.length)) - 1;
  for (let column = 0; column < columns; column++) {
    for (let first = 0; first < lines.length; first++) {
      if (!hasCell(lines[first], column)) continue;
      let end = first;
      let width = layout.minWidth;
      for (; end < lines.length && hasCell(lines[end], column); end++) {
        width = Math.max(width, textWidth(lines[end]?.[column] ?? '') + layout.padding);
      }
      if (layout.tabWidth !== undefined) width = Math.ceil(width / layout.tabWidth) * layout.tabWidth;
      for (let line = first; line < end; line++) widths[line]?.push(width);
      first = end;
    }
  }
  return lines.map((line, index) => alignLine(line, widths[index] ?? [], layout)).join('\n');
}

/** The last cell of a line is not part of a column. */
function hasCell(line: string[] | undefined, column: number): boolean {
  return line !== undefined && column < line.length - 1;
}

function alignLine(cells: string[], widths: number[], layout: TabLayout): string {
  return cells
    .map((cell, index) => {
      const width = widths[index];
      if (width === undefined) return cell;
      const missing = width - textWidth(cell);
      return (
        cell + (layout.tabWidth === undefined ? layout.padCharacter.repeat(missing) : '\t'.repeat(Math.ceil(missing / layout.tabWidth)))
      );
    })
    .join('');
}

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  // Most texts are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += /\p{M}/u.test(letter) ? 0 : isWide(letter.codePointAt(0) ?? 0) ? 2 : 1;
  return width;
}

/** East Asian wide and full-width letters. */
const WIDE: [number, number][] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return WIDE.some(([from, to]) => code >= from && code <= to);
}
