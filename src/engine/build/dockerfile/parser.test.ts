import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../test/vectors.ts';
import { quote } from '../../go-quote.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { heredocIn, heredocsIn, parseHeredoc } from './heredoc.ts';
import { type DockerfileNode, parseDockerfile } from './parser.ts';
import { parseJsonForm } from './words.ts';

fc.configureGlobal({ seed: 28 });

/** The lines of parentheses that BuildKit's own parser tests compare. */
function dump(nodes: readonly DockerfileNode[]): string {
  return nodes.map((node) => `(${dumpNode(node)})`).join('\n');
}

function dumpNode({ keyword, flags, args, trigger }: DockerfileNode): string {
  const shownFlags = flags.length > 0 ? ` [${flags.map(quote).join(' ')}]` : '';
  const rest = trigger ? [`(${dumpNode(trigger)})`] : args.map(quote);
  return [keyword.toLowerCase() + shownFlags, ...rest].join(' ').trim();
}

function errorOf(text: string): string | undefined {
  try {
    parseDockerfile(text);
  } catch (error) {
    if (error instanceof DockerfileError) return error.message;
    throw error;
  }
  return undefined;
}

describe('the parser, as recorded from BuildKit 0.22', () => {
  it('reads its test files', async () => {
    const path = 'dockerfile/parser-testfiles.json';
    await expectAll(
      path,
      readVectors<{ name: string; dockerfile: string; result: string }[]>(path),
      ({ name }) => name,
      ({ dockerfile, result }) => expect(dump(parseDockerfile(dockerfile).nodes)).toBe(result.trimEnd()),
    );
  });

  it('refuses what is wrong', async () => {
    const path = 'dockerfile/parser-negative.json';
    await expectAll(
      path,
      readVectors<{ name: string; dockerfile: string; error: string }[]>(path),
      ({ name }) => name,
      ({ dockerfile, error }) => expect(errorOf(dockerfile)).toBe(error),
    );
  });

  it('reads the JSON form', async () => {
    const path = 'dockerfile/json-form.json';
    await expectAll(
      path,
      readVectors<{ input: string; valid: boolean; expected?: string[] }[]>(path),
      ({ input }) => input,
      ({ input, valid, expected }) => {
        if (valid) expect(parseJsonForm(input)).toEqual(expected);
        else expect(() => parseJsonForm(input)).toThrow('arrays must be comprised of strings only');
      },
    );
  });

  it('finds here-documents', async () => {
    const path = 'dockerfile/heredoc-helpers.json';
    const { fromLine, valid, invalid, notHeredocs } = readVectors<{
      fromLine: { line: string; heredocNames: string[] | null }[];
      valid: string[];
      invalid: string[];
      notHeredocs: string[];
    }>(path);
    const cases: { text: string; check: () => void }[] = [
      ...fromLine.map(({ line, heredocNames }) => {
        return { text: line, check: () => expect(heredocsIn(line).map(({ name }) => name)).toEqual(heredocNames ?? []) };
      }),
      ...valid.map((word) => ({ text: word, check: () => expect(parseHeredoc(word)?.name).toBe('EOF') })),
      ...invalid.map((word) => ({ text: word, check: () => expect(() => parseHeredoc(word)).toThrow(DockerfileError) })),
      ...notHeredocs.map((word) => ({ text: word, check: () => expect(heredocIn(word)).toBeUndefined() })),
    ];
    await expectAll(
      path,
      cases,
      ({ text }) => text,
      ({ check }) => check(),
    );
  });
});

describe('limits', () => {
  it('refuses a line of 64 KiB', () => {
    expect(errorOf(`FROM a\nRUN ${'x'.repeat(70_000)}\n`)).toBe('dockerfile line greater than max allowed size of 65535');
    expect(errorOf(`FROM a\nRUN ${'x'.repeat(60_000)}\n`)).toBeUndefined();
  });

  it('reads a megabyte in reasonable time', () => {
    const started = performance.now();
    expect(parseDockerfile(`FROM a\n${'ENV a=b\n'.repeat(125_000)}`).nodes).toHaveLength(125_001);
    expect(errorOf(`FROM a\nRUN ${`${' '.repeat(60_000)}x\\\n`.repeat(16)}`)).toBeUndefined();
    expect(errorOf(`FROM a\nRUN ${`${'\r'.repeat(60_000)}x\\\n`.repeat(16)}`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('refuses ONBUILD in ONBUILD without end', () => {
    expect(errorOf(`FROM a\n${'ONBUILD '.repeat(8000)}RUN x`)).toContain('Chaining ONBUILD');
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    ...[
      'FROM a',
      'RUN',
      'ENV',
      'ARG',
      'COPY',
      'ONBUILD',
      'HEALTHCHECK',
      '--a=b',
      '--',
      '<<EOF',
      'EOF',
      '["x"]',
      '[1]',
      'a=b',
      '#',
      '# escape=`',
      '# syntax=x',
      '# check=skip=all',
    ],
    ...['\\', '`', '"', "'", '$', ' ', '\t', '\n', '\r\n', '\\\n', '\u00a0', '\u0085', '\ufeff', '\0', 'é', '\u{1f40b}'],
  );
  const texts = fc.array(words, { maxLength: 30 }).map((list) => list.join(''));

  it('gives instructions or its own error', () => {
    fc.assert(
      fc.property(texts, (text) => {
        errorOf(text);
      }),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        errorOf(text);
      }),
    );
  });

  it('keeps lines in order, within the file', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let end = 0;
        try {
          for (const { lines } of parseDockerfile(text).nodes) {
            expect(lines.start).toBeGreaterThan(end);
            expect(lines.end).toBeGreaterThanOrEqual(lines.start);
            end = lines.end;
          }
        } catch (error) {
          if (!(error instanceof DockerfileError)) throw error;
        }
        expect(end).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
  });
});
