/**
 * Takes an instruction's line apart: keyword, `--flags`, the rest.
 * Source: BuildKit frontend/dockerfile/parser/split_command.go.
 */
import { isSpace, trimSpace } from './go-space.ts';

export interface SplitLine {
  keyword: string;
  /** `--name=value`, quotes and escapes taken off. */
  flags: string[];
  rest: string;
}

export function splitLine(line: string, escape: string): SplitLine {
  const trimmed = trimSpace(line);
  const [keyword = '', rest] = splitOnce(trimmed);
  if (rest === undefined) return { keyword, flags: [], rest: '' };
  const { flags, end } = takeFlags(rest, escape);
  return { keyword, flags, rest: trimSpace(rest.slice(end)) };
}

/** Splits at the first blanks; the white space of the Dockerfile's grammar, not Unicode's. */
export function splitOnce(text: string): [first: string, rest?: string] {
  const blanks = /[\t\v\f\r ]+/.exec(text);
  return blanks ? [text.slice(0, blanks.index), text.slice(blanks.index + blanks[0].length)] : [text];
}

/** The flags that a text begins with; `end` is where the rest starts. */
function takeFlags(text: string, escape: string): { flags: string[]; end: number } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text[at]!)) at++;
    if (!text.startsWith('--', at)) return { flags, end: at };
    const { word, quoted, end } = takeFlag(text, at, escape);
    at = end;
    // A bare `--` ends the flags.
    if (word === '--' && end < text.length) return { flags, end };
    if (word !== '--' && (quoted || word !== '')) flags.push(word);
  }
}

function takeFlag(text: string, start: number, escape: string): { word: string; quoted: boolean; end: number } {
  let word = '';
  let quote = '';
  let quoted = false;
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at]!;
    if (quote === '' && isSpace(char)) break;
    if (quote === '' && (char === "'" || char === '"')) {
      quote = char;
      quoted = true;
    } else if (char === quote) quote = '';
    else if (char !== escape) word += char;
    // The escape at the end of all is dropped.
    else if (at + 1 < text.length) word += text[++at]!;
    else quote = '';
  }
  return { word, quoted, end: at };
}
