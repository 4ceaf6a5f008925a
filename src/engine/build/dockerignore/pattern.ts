/**
 * One line of an ignore file: how it is compared with a path.
 * Source: moby/patternmatcher, Pattern.compile.
 */
import { EngineError } from '../../errors.ts';
import { BadExpression, Expression } from './expression.ts';

type Comparison =
  | { kind: 'exact' | 'prefix' | 'suffix' }
  /** Go's syntax. */
  | { kind: 'expression'; source: string };

export class IgnorePattern {
  private readonly comparison: Comparison;
  private compiled: Expression | undefined;

  /**
   * @param text cleaned, without exclamation mark
   * @param isException whether what it matches is kept
   */
  constructor(
    readonly text: string,
    readonly isException: boolean,
  ) {
    this.comparison = comparisonFor(text);
  }

  /** @throws EngineError `invalid-parameter` `syntax error in pattern` */
  matches(path: string): boolean {
    const { comparison, text } = this;
    if (comparison.kind === 'exact') return path === text;
    if (comparison.kind === 'prefix') return path.startsWith(text.slice(0, -2));
    if (comparison.kind === 'expression') return (this.compiled ??= compile(comparison.source)).matches(path);
    const suffix = text.slice(2);
    // `**/foo` is `foo` too.
    return path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
}

function compile(source: string): Expression {
  try {
    return new Expression(source);
  } catch (error) {
    if (error instanceof BadExpression) throw new EngineError('invalid-parameter', 'syntax error in pattern', { cause: error });
    throw error;
  }
}

export function comparisonFor(pattern: string): Comparison {
  const chars = [...pattern.replace(/^\uFEFF/, '')];
  let source = '^';
  let kind: Comparison['kind'] = 'exact';
  for (let at = 0, count = 0; at < chars.length; count++) {
    const char = chars[at++]!;
    if (char === '*' && chars[at] === '*') {
      at++;
      // The slash after belongs to the stars.
      if (chars[at] === '/') at++;
      if (at < chars.length) {
        source += '(.*/)?';
        kind = 'expression';
      } else if (kind === 'exact') kind = 'prefix';
      else {
        source += '.*';
        kind = 'expression';
      }
      if (count === 0) kind = 'suffix';
    } else if (char === '*' || char === '?') {
      source += char === '*' ? '[^/]*' : '[^/]';
      kind = 'expression';
    } else if (char === '\\') {
      const escaped = chars[at++];
      source += `\\${escaped ?? ''}`;
      if (escaped !== undefined) kind = 'expression';
    } else {
      source += '.+()|{}$'.includes(char) ? `\\${char}` : char;
      if (char === '[' || char === ']') kind = 'expression';
    }
  }
  return kind === 'expression' ? { kind, source: `${source}$` } : { kind };
}
