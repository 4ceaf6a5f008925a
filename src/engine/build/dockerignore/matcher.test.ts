import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../test/vectors.ts';
import { EngineError } from '../../errors.ts';
import { readIgnoreFile } from './ignore-file.ts';
import { IgnoreMatcher } from './matcher.ts';
import { comparisonFor } from './pattern.ts';

fc.configureGlobal({ seed: 28 });

describe('ignore patterns, as recorded from the library that Docker uses', () => {
  it.each(['matches-single.json', 'matches-multi.json'])('%s', async (file) => {
    const path = `dockerignore/${file}`;
    await expectAll(
      path,
      readVectors<{ pattern?: string; patterns?: string[]; text: string; pass: boolean }[]>(path),
      ({ pattern, patterns, text }) => `${pattern ?? patterns?.join(' ')} on ${text}`,
      ({ pattern = '', patterns = [pattern], text, pass }) => expect(new IgnoreMatcher(patterns).ignores(text)).toBe(pass),
    );
  });

  it('compiles as it does', async () => {
    const path = 'dockerignore/compile-tests.json';
    await expectAll(
      path,
      readVectors<{ pattern: string; matchType: { $id: string }; compiledRegexp: string }[]>(path),
      ({ pattern }) => pattern,
      ({ pattern, matchType, compiledRegexp }) => {
        const comparison = comparisonFor(pattern);
        expect(comparison.kind).toBe(matchType.$id.replace('Match', '').replace('regexp', 'expression'));
        if (comparison.kind === 'expression') expect(comparison.source).toBe(compiledRegexp);
      },
    );
  });

  it('has the answers of Go for single patterns, parents included', async () => {
    const path = 'dockerignore/go-filepath-match.json';
    await expectAll(
      path,
      readVectors<{ pattern: string; s: string; match: boolean; err: object | null }[]>(path),
      ({ pattern, s }) => `${pattern} on ${s}`,
      ({ pattern, s, match, err }) => {
        const ignores = (): boolean => new IgnoreMatcher([pattern]).ignores(s);
        if (err) expect(ignores).toThrow('syntax error in pattern');
        else expect(ignores()).toBe(match);
      },
    );
  });

  it('leaves out the same files of a tree', async () => {
    const path = 'dockerignore/oracle-files.json';
    const { tree, cases } = readVectors<{
      tree: string[];
      cases: { dockerignore: string; patterns: string[]; ignored?: string[]; error?: string }[];
    }>(path);
    await expectAll(
      path,
      cases,
      ({ dockerignore }) => dockerignore,
      ({ dockerignore, patterns, ignored, error }) => {
        const lines = readIgnoreFile(dockerignore);
        expect(lines).toEqual(patterns);
        if (error !== undefined) return expect(() => new IgnoreMatcher(lines)).toThrow(error);
        const matcher = new IgnoreMatcher(lines);
        expect(tree.filter((file) => matcher.ignores(file)).toSorted()).toEqual(ignored?.toSorted());
      },
    );
  });
});

describe('walking', () => {
  it.each([
    [['node_modules'], 'node_modules', true],
    [['node_modules'], 'src', false],
    [['*', '!src'], 'docs', true],
    [['*', '!src'], 'src', false],
    [['**', '!src/lib/x'], 'src', false],
    [['**', '!src/lib/x'], 'src/lib', false],
    [['**', '!src/lib/x'], 'src/other', true],
    [['**', '!**/*.ts'], 'src', false],
    [['src', '!src/**'], 'src', false],
  ])('%j lets %s be skipped: %s', (patterns, directory, expected) => {
    expect(new IgnoreMatcher(patterns).canSkip(directory)).toBe(expected);
  });

  const names = fc.constantFrom('a', 'b', 'c.ts', 'd');
  const patterns = fc.array(
    fc.tuple(fc.boolean(), fc.array(fc.constantFrom('a', 'b', '*', '**', '*.ts', '?'), { minLength: 1, maxLength: 3 })),
    { maxLength: 4 },
  );

  it('skips nothing that is kept', () => {
    fc.assert(
      fc.property(patterns, fc.array(names, { minLength: 2, maxLength: 4 }), (lines, parts) => {
        const matcher = new IgnoreMatcher(lines.map(([not, pattern]) => (not ? '!' : '') + pattern.join('/')));
        const skipped = parts.slice(1).some((_, index) => matcher.canSkip(parts.slice(0, index + 1).join('/')));
        if (skipped) expect(matcher.ignores(parts.join('/'))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('any pattern', () => {
  const pieces = fc.constantFrom(
    '*',
    '**',
    '?',
    '[',
    ']',
    '[^',
    '-',
    '\\',
    '!',
    '/',
    'a',
    'b',
    '.',
    '^',
    '(',
    ')',
    '{',
    '|',
    '+',
    '$',
    '[:alpha:]',
    '\\d',
    'é',
    '\u{1f40b}',
  );
  const texts = fc.array(pieces, { maxLength: 12 }).map((list) => list.join(''));

  it('matches, does not, or is refused', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.constantFrom('a', 'b', '/', '.', 'é'), { maxLength: 12 }), (pattern, name) => {
        try {
          new IgnoreMatcher(readIgnoreFile(pattern)).ignores(name.join(''));
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('takes time in proportion to pattern and path', () => {
    const started = performance.now();
    expect(new IgnoreMatcher([`${'*a'.repeat(200)}b`, `${'**/a'.repeat(100)}/b`]).ignores('a'.repeat(2000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
