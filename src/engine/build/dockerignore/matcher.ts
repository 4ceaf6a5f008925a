/**
 * Whether a file is left out of a build's context: the last pattern that matches it, or a directory it is in, decides.
 * Source: moby/patternmatcher; tonistiigi/fsutil for what need not be walked.
 */
import { EngineError } from '../../errors.ts';
import { pathMatch } from '../../glob.ts';
import { cleanPath } from '../../go-path.ts';
import { trimSpace } from '../dockerfile/go-space.ts';
import { IgnorePattern } from './pattern.ts';

export class IgnoreMatcher {
  private readonly patterns: readonly IgnorePattern[];

  /**
   * @param lines as `readIgnoreFile` gives them
   * @throws EngineError `invalid-parameter` `illegal exclusion pattern: "!"`, `syntax error in pattern`
   */
  constructor(lines: readonly string[]) {
    this.patterns = lines.flatMap((line) => {
      const trimmed = trimSpace(line);
      return trimmed === '' ? [] : patternOf(cleanPath(trimmed));
    });
  }

  /** True when nothing is ever left out. */
  get isEmpty(): boolean {
    return this.patterns.length === 0;
  }

  /** @param path relative to the context, `/`-separated */
  ignores(path: string): boolean {
    const parents = parentsOf(path);
    let ignored = false;
    for (const pattern of this.patterns) {
      // Only what would change the answer is looked at.
      if (pattern.isException !== ignored) continue;
      if (pattern.matches(path) || parents.some((parent) => pattern.matches(parent))) ignored = !pattern.isException;
    }
    return ignored;
  }

  /** True when a directory and all in it are left out, so that a walk need not enter it. */
  canSkip(directory: string): boolean {
    if (!this.ignores(directory)) return false;
    const exceptions = this.patterns.filter((pattern) => pattern.isException);
    return !exceptions.some(({ text }) => {
      const fixed = text.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
      return /[*?[\]^\\]/.test(fixed) || `${fixed}/`.startsWith(`${directory}/`);
    });
  }
}

function patternOf(line: string): IgnorePattern {
  const isException = line.startsWith('!');
  const text = isException ? line.slice(1) : line;
  if (isException && text === '') throw new EngineError('invalid-parameter', 'illegal exclusion pattern: "!"');
  // Says what is wrong with a pattern; whether it matches is decided elsewhere.
  pathMatch(text, '.');
  return new IgnorePattern(text, isException);
}

/** `a`, `a/b` of `a/b/c`. */
function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) parents.push(path.slice(0, at));
  return parents;
}
