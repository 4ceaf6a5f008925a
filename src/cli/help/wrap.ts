/**
 * The flag table of a help text: pflag's alignment and line breaks, to the byte. Lines wrap at the
 * terminal's width, 80 where there is none.
 */
import type { FlagDeclaration } from '../flags/declaration.ts';

/** A line may go this far over the width when that saves a last line of few letters. */
const SLOP = 5;
/** A column narrower than this is not used: the text goes under the flag instead. */
const MIN_COLUMN = 24;

export function flagTable(flags: FlagDeclaration[], width: number): string {
  const visible = flags.filter((flag) => !flag.hidden);
  const heads = visible.map(headOf);
  const longest = Math.max(0, ...heads.map((head) => head.length));
  return visible
    .map((flag, index) => {
      const head = heads[index] ?? '';
      const text = flag.usage + (flag.defaultText === '' ? '' : ` (default ${flag.defaultText})`);
      return `${head}${' '.repeat(longest - head.length + 3)}${wrapped(longest + 3, width, text)}`;
    })
    .join('\n');
}

function headOf(flag: FlagDeclaration): string {
  const names = flag.shorthand === '' ? `      --${flag.name}` : `  -${flag.shorthand}, --${flag.name}`;
  return flag.type === 'bool' ? names : `${names} ${flag.type}`;
}

function wrapped(indent: number, width: number, text: string): string {
  let column = width - indent;
  let result = '';
  if (column < MIN_COLUMN) {
    indent = 16;
    column = width - indent;
    result = `\n${' '.repeat(indent)}`;
  }
  if (column < MIN_COLUMN) return text.replaceAll('\n', result);
  const margin = `\n${' '.repeat(indent)}`;
  let [line, rest] = breakLine(column - SLOP, text);
  result += line.replaceAll('\n', margin);
  while (rest !== '') {
    [line, rest] = breakLine(column - SLOP, rest);
    result += margin + line.replaceAll('\n', margin);
  }
  return result;
}

/** The first line of at most `limit` letters, and what remains. */
function breakLine(limit: number, text: string): [string, string] {
  if (limit + SLOP > text.length) return [text, ''];
  const head = text.slice(0, limit);
  const blank = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\t'), head.lastIndexOf('\n'));
  if (blank <= 0) return [text, ''];
  const newline = head.lastIndexOf('\n');
  const at = newline > 0 && newline < blank ? newline : blank;
  return [text.slice(0, at), text.slice(at + 1)];
}
