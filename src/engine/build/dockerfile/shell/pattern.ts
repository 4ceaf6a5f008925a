/**
 * The patterns of `${name#pattern}`, `%` and `/`: `*` and `?`, neither of which matches a line end; `\` escapes. Found by
 * a table, so the cost is pattern times text and bounded, whatever the pattern.
 * Source: BuildKit frontend/dockerfile/shell, convertShellPatternToRegex; Go regexp for what matches first.
 */
import { DockerfileError } from '../dockerfile-error.ts';

type Token = { kind: 'many' } | { kind: 'one' } | { kind: 'char'; char: string };

/** Cells of the table: the longest pattern times the longest text that are compared. */
const maxCells = 1 << 24;

export class ShellPattern {
  private readonly tokens: Token[];

  /** @throws DockerfileError for an escape of what needs none */
  constructor(private readonly source: string[]) {
    this.tokens = tokensOf(source);
  }

  /** Length of the shortest or longest match at the start of the text; undefined when there is none. */
  matchAtStart(text: string[], { longest }: { longest: boolean }): number | undefined {
    const table = this.table(text);
    return table[0]![0] ? this.end(table, text, 0, longest) : undefined;
  }

  /** Longest matches from the left, not overlapping. */
  *matches(text: string[]): Generator<{ start: number; end: number }> {
    const table = this.table(text);
    let lastEnd = -1;
    for (let start = 0; start <= text.length; start++) {
      if (!table[0]![start]) continue;
      const end = this.end(table, text, start, true);
      // An empty match right behind another one does not count.
      if (end > start || start !== lastEnd) {
        yield { start, end };
        lastEnd = end;
      }
      if (end > start) start = end - 1;
    }
  }

  /** For each token and each place in the text: whether the tokens from there on match. */
  private table(text: string[]): Uint8Array[] {
    if ((this.tokens.length + 1) * (text.length + 1) > maxCells) {
      throw new DockerfileError(`invalid pattern (${this.source.slice(0, 32).join('')}…) in substitution: too long`);
    }
    const rows = new Array<Uint8Array>(this.tokens.length + 1);
    let after = (rows[this.tokens.length] = new Uint8Array(text.length + 1).fill(1));
    for (let index = this.tokens.length - 1; index >= 0; index--) {
      const token = this.tokens[index]!;
      const row = (rows[index] = new Uint8Array(text.length + 1));
      for (let at = text.length; at >= 0; at--) {
        const char = text[at];
        if (token.kind === 'many') row[at] = after[at]! | (crosses(char) ? row[at + 1]! : 0);
        else row[at] = accepts(token, char) ? after[at + 1]! : 0;
      }
      after = row;
    }
    return rows;
  }

  private end(table: Uint8Array[], text: string[], start: number, longest: boolean): number {
    let at = start;
    for (let index = 0; index < this.tokens.length;) {
      if (this.tokens[index]!.kind !== 'many') {
        at++;
        index++;
        continue;
      }
      const mayGrow = crosses(text[at]) && table[index]![at + 1] === 1;
      const mayStop = table[index + 1]![at] === 1;
      if (longest ? mayGrow : !mayStop) at++;
      else index++;
    }
    return at;
  }
}

/** The pattern that matches the reversed text; an escape stays before what it escapes. */
export function reversePattern(source: string[]): string[] {
  const reversed: string[] = [];
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    if (char === '\\' && at + 1 < source.length) reversed.push(source[++at]!);
    reversed.push(char);
  }
  return reversed.reverse();
}

function accepts(token: Exclude<Token, { kind: 'many' }>, char: string | undefined): boolean {
  return token.kind === 'one' ? crosses(char) : char === token.char;
}

function crosses(char: string | undefined): boolean {
  return char !== undefined && char !== '\n';
}

function tokensOf(source: string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    if (char === '*') tokens.push({ kind: 'many' });
    else if (char === '?') tokens.push({ kind: 'one' });
    else if (char !== '\\') tokens.push({ kind: 'char', char });
    // These two are escaped for the braces' sake; the escape is not part of the pattern.
    else if (source[at + 1] !== '}' && source[at + 1] !== '/') {
      const escaped = source[++at];
      if (escaped !== '*' && escaped !== '?' && escaped !== '\\') {
        throw new DockerfileError(`invalid escape '\\${escaped ?? '\ufffd'}'`);
      }
      tokens.push({ kind: 'char', char: escaped });
    }
  }
  return tokens;
}
