/**
 * `${name#pattern}`, `${name%pattern}` and `${name/pattern/replacement}`.
 * Source: BuildKit frontend/dockerfile/shell.
 */
import { DockerfileError } from '../dockerfile-error.ts';
import { reversePattern, ShellPattern } from './pattern.ts';

/** Takes what the pattern matches off the start (`#`) or end (`%`); doubled, as much as possible. */
export function trimMatching(value: string, word: string, side: '#' | '%'): string {
  const longest = word.startsWith(side);
  const source = [...word.slice(longest ? 1 : 0)];
  const chars = [...value];
  if (side === '#') return chars.slice(compile(source).matchAtStart(chars, { longest }) ?? 0).join('');
  const pattern = compile(reversePattern(source));
  const length = pattern.matchAtStart(chars.toReversed(), { longest }) ?? 0;
  return chars.slice(0, chars.length - length).join('');
}

export function substitute(value: string, source: string, replacement: string, { all }: { all: boolean }): string {
  const chars = [...value];
  let result = '';
  let at = 0;
  for (const { start, end } of compile([...source]).matches(chars)) {
    const matched = chars.slice(start, end).join('');
    result += chars.slice(at, start).join('') + (all ? fillTemplate(replacement, matched) : replacement);
    at = end;
    if (!all) break;
  }
  return result + chars.slice(at).join('');
}

/** When all are replaced, Go reads `$0` and names in the replacement; there are no groups but the whole. */
function fillTemplate(replacement: string, matched: string): string {
  return replacement.replace(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (text, name?: string, braced?: string) => {
    if (text === '$$') return '$';
    return /^0+$/.test(name ?? braced ?? '') ? matched : '';
  });
}

function compile(source: string[]): ShellPattern {
  try {
    return new ShellPattern(source);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`invalid pattern (${source.join('')}) in substitution: ${error.message}`);
  }
}
