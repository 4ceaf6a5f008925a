import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../../test/vectors.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import { ShellLexer } from './lexer.ts';

fc.configureGlobal({ seed: 28 });

const lexer = new ShellLexer('\\');

function environment(entries: readonly string[]): Map<string, string> {
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

function errorOf(step: () => unknown): string | undefined {
  try {
    step();
  } catch (error) {
    if (error instanceof DockerfileError) return error.message;
    throw error;
  }
  return undefined;
}

interface EnvVarRow {
  line: number;
  input: string;
  expected?: string;
  error?: string;
}

interface WordsRow {
  line: number;
  input: string;
  envs: string[];
  expected?: string[];
  error?: string;
}

interface MatchesRow {
  input: string;
  envs: Record<string, string> | [];
  expected?: string;
  expectedErr?: boolean;
  matches?: Record<string, []> | null;
  unmatched?: Record<string, []>;
}

describe('shell words, as recorded from BuildKit 0.22', () => {
  it('puts variables in', async () => {
    const path = 'dockerfile/shell-envvar.json';
    const { envs } = readVectors<{ envs: string[] }>('dockerfile/shell-envvar.meta.json');
    const env = environment(envs);
    await expectAll(
      path,
      readVectors<EnvVarRow[]>(path),
      ({ line }, index) => `${line} #${index}`,
      ({ input, expected, error }) => {
        if (error !== undefined) expect(errorOf(() => lexer.process(input, env))).toBe(error);
        else expect(lexer.process(input, env).result).toBe(expected);
      },
    );
  });

  it('takes words apart', async () => {
    const path = 'dockerfile/shell-words.json';
    await expectAll(
      path,
      readVectors<WordsRow[]>(path),
      ({ line }) => String(line),
      ({ input, envs, expected, error }) => {
        if (error !== undefined) expect(errorOf(() => lexer.process(input, environment(envs)))).toBe(error);
        else expect(lexer.process(input, environment(envs)).words).toEqual(expected);
      },
    );
  });

  it('says which variables were there', async () => {
    const path = 'dockerfile/shell-process-with-matches.json';
    await expectAll(
      path,
      readVectors<MatchesRow[]>(path),
      ({ input }, index) => `${input} #${index}`,
      ({ input, envs, expected, expectedErr, matches, unmatched }) => {
        const env = new Map(Object.entries(envs));
        if (expectedErr) return expect(errorOf(() => lexer.process(input, env))).toBeDefined();
        const expansion = lexer.process(input, env);
        expect(expansion.result).toBe(expected);
        expect([...expansion.matched].toSorted()).toEqual(Object.keys(matches ?? {}).toSorted());
        expect([...expansion.unmatched].toSorted()).toEqual(Object.keys(unmatched ?? {}).toSorted());
      },
    );
  });
});

describe('modifiers', () => {
  const of = (word: string, value: string): string => lexer.process(word, new Map([['v', value]])).result;

  it.each([
    ['${v#a*b}', 'aabxb', 'xb'],
    ['${v##a*b}', 'aabxb', ''],
    ['${v%b*}', 'aabxb', 'aabx'],
    ['${v%%b*}', 'aabxb', 'aa'],
    ['${v#*\\*}', 'a*b', 'b'],
    ['${v/a?/X}', 'abab', 'Xab'],
    ['${v//a?/X}', 'abab', 'XX'],
    ['${v//a*/X}', 'ba\nab', 'bX\nX'],
    ['${v//b/\\$0}', 'abc', 'a\\bc'],
    ['${v//x*/-}', 'ab', 'ab'],
  ])('%s of %j is %j', (word, value, expected) => {
    expect(of(word, value)).toBe(expected);
  });

  it('takes time in proportion to pattern and text, whatever the pattern', () => {
    const started = performance.now();
    expect(of(`\${v#${'*a'.repeat(40)}b}`, 'a'.repeat(20_000))).toBe('a'.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('refuses what would take too long', () => {
    expect(errorOf(() => of(`\${v#${'*a'.repeat(4000)}b}`, 'a'.repeat(60_000)))).toContain('too long');
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    '$',
    '{',
    '}',
    ':',
    '-',
    '+',
    '?',
    '#',
    '%',
    '/',
    '\\',
    '"',
    "'",
    '<',
    ' ',
    '*',
    'a',
    'v',
    'é',
    '\u{1f40b}',
    '\n',
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((list) => list.join(''));

  it('gives a result or its own error', () => {
    fc.assert(
      fc.property(texts, fc.boolean(), fc.boolean(), fc.boolean(), (text, rawQuotes, rawEscapes, skipUnset) => {
        errorOf(() => new ShellLexer('\\', { rawQuotes, rawEscapes, skipUnset }).process(text, new Map([['v', 'a/b*']])));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses nesting without end', () => {
    expect(errorOf(() => lexer.process('${a:-'.repeat(20_000), new Map()))).toContain('nested too deeply');
  });

  it('refuses a result without end', () => {
    const value = 'x'.repeat(1000);
    expect(errorOf(() => lexer.process('$v'.repeat(2000), new Map([['v', value]])))).toContain('max allowed size');
  });

  it('leaves plain words alone', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9./-]{0,30}$/), (text) => {
        expect(lexer.process(text, new Map()).result).toBe(text);
      }),
    );
  });
});
