/**
 * Shell patterns as Go's `path.Match` reads them: `*`, `?`, `[a-z]`, `[^a]` and `\`; none of them matches `/`.
 * Takes time proportional to pattern times name at most.
 * Source: Go, path/match.go.
 */
import { EngineError } from './errors.ts';

type Token = 'star' | ((char: string) => boolean);

/** @throws EngineError `invalid-parameter` `syntax error in pattern` */
export function pathMatch(pattern: string, name: string): boolean {
  const tokens = parse([...pattern]);
  const chars = [...name];
  let token = 0;
  let at = 0;
  // Where the last star stands, and how far it has been stretched.
  let star = -1;
  let starEnd = 0;
  while (at < chars.length || token < tokens.length) {
    const next = tokens[token];
    const char = chars[at];
    if (next === 'star') {
      star = token++;
      starEnd = at;
    } else if (next && char !== undefined && next(char)) {
      token++;
      at++;
    } else if (star >= 0 && starEnd < chars.length && chars[starEnd] !== '/') {
      at = ++starEnd;
      token = star + 1;
    } else return false;
  }
  return true;
}

function parse(pattern: string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*') tokens.push('star');
    else if (char === '?') tokens.push((other) => other !== '/');
    else if (char === '[') {
      const { accepts, end } = parseClass(pattern, at + 1);
      tokens.push((other) => other !== '/' && accepts(other));
      at = end;
    } else {
      const literal = char === '\\' ? pattern[++at] : char;
      if (literal === undefined) throw badPattern();
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** Reads a character class from after its `[`; `end` is the index of its `]`. */
function parseClass(pattern: string[], start: number): { accepts: (char: string) => boolean; end: number } {
  let at = start;
  const negated = pattern[at] === '^';
  if (negated) at++;
  const ranges: [number, number][] = [];
  // One possibly escaped character; the class must go on after it.
  const take = (): number => {
    let char = pattern[at++];
    if (char === undefined || char === '-' || char === ']') throw badPattern();
    if (char === '\\') char = pattern[at++];
    if (char === undefined || at >= pattern.length) throw badPattern();
    return char.codePointAt(0)!;
  };
  while (ranges.length === 0 || pattern[at] !== ']') {
    const low = take();
    let high = low;
    if (pattern[at] === '-') {
      at++;
      high = take();
    }
    ranges.push([low, high]);
  }
  const accepts = (char: string): boolean => {
    const code = char.codePointAt(0)!;
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
  };
  return { accepts, end: at };
}

const badPattern = (): EngineError => new EngineError('invalid-parameter', 'syntax error in pattern');
