import { describe, expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../../test/vectors.ts';
import { parseDockerfile } from '../parser.ts';
import type { Instruction } from './instruction.ts';
import { parseInstructions } from './parse.ts';

/** The first instruction of a file that need not begin with FROM. */
function instructionOf(dockerfile: string): Instruction {
  return parseInstructions(parseDockerfile(`FROM scratch\n${dockerfile}`)).stages[0]!.instructions[0]!;
}

interface ErrorRow {
  name: string;
  dockerfile: string;
  expectedError: string;
}

describe('instructions, as recorded from BuildKit 0.22', () => {
  it.each(['instr-errors.json', 'instr-heredoc-errors.json'])('refuses what is wrong: %s', async (file) => {
    const path = `dockerfile/${file}`;
    await expectAll(
      path,
      readVectors<ErrorRow[]>(path),
      ({ name }) => name,
      ({ dockerfile, expectedError }) => expect(() => instructionOf(dockerfile)).toThrow(expectedError),
    );
  });

  it('reads here-documents of COPY', async () => {
    const path = 'dockerfile/instr-heredoc-copy.json';
    interface Row {
      dockerfile: string;
      sourcesAndDest: { DestPath: string; SourcePaths?: string[]; SourceContents?: { Data: string; Expand: boolean; Path: string }[] };
    }
    await expectAll(
      path,
      readVectors<Row[]>(path),
      ({ dockerfile }) => dockerfile,
      ({ dockerfile, sourcesAndDest: { DestPath, SourcePaths = [], SourceContents = [] } }) => {
        const files = SourceContents.map(({ Path, Data, Expand }) => ({ name: Path, data: Data, expand: Expand }));
        expect(instructionOf(dockerfile)).toMatchObject({ kind: 'COPY', dest: DestPath, sources: SourcePaths, files });
      },
    );
  });

  it('reads here-documents of RUN', async () => {
    const path = 'dockerfile/instr-heredoc-run.json';
    interface Row {
      dockerfile: string;
      command: string[];
      shell: boolean;
      files?: { Name: string; Data: string; Chomp?: boolean }[];
    }
    await expectAll(
      path,
      readVectors<Row[]>(path),
      ({ dockerfile }) => dockerfile,
      ({ dockerfile, command, shell, files = [] }) => {
        const expected = files.map(({ Name, Data, Chomp = false }) => ({ name: Name, data: Data, chomp: Chomp }));
        expect(instructionOf(dockerfile)).toMatchObject({ kind: 'RUN', args: command, shellForm: shell, files: expected });
      },
    );
  });
});

describe('errors of instructions', () => {
  it.each([
    ['HEALTHCHECK --interval=x CMD a', 'time: invalid duration "x"'],
    ['HEALTHCHECK --interval=1us CMD a', 'Interval "interval" cannot be less than 1ms'],
    ['HEALTHCHECK --retries=-1 CMD a', '--retries cannot be negative (-1)'],
    ['HEALTHCHECK --retries=x CMD a', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['HEALTHCHECK foo', 'Unknown type "FOO" in HEALTHCHECK (try CMD)'],
    ['HEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
    ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
    ['SHELL bash', 'SHELL requires the arguments to be in JSON form'],
    ['SHELL []', 'SHELL requires at least one argument'],
    ['COPY --from=a --from=b c d', 'duplicate flag specified: --from'],
    ['COPY --link=maybe c d', 'expecting boolean value for flag --link, not: maybe'],
    ['COPY --chown c d', 'missing a value on flag: --chown'],
    ['RUN --network=x a', 'invalid network mode "x"'],
    ['RUN --mount=type=bind,\\"x a', 'failed to parse csv mounts: parse error on line 1, column'],
    ['ENV =a', 'ENV names can not be blank'],
    ['ENV a=b c', 'Syntax error - can\'t find = in "c". Must be of the form: name=value'],
    ['USER a\nUSRE b', 'dockerfile parse error on line 3: unknown instruction: USRE (did you mean USER?)'],
  ])('%s', (dockerfile, message) => {
    expect(() => instructionOf(dockerfile)).toThrow(message);
  });

  it('knows the filters of COPY when asked to', () => {
    const parsed = parseDockerfile('FROM a\nCOPY --parents --exclude=*.md --exclude=x a b');
    expect(() => parseInstructions(parsed)).toThrow('unknown flag: --parents');
    const { stages } = parseInstructions(parsed, { features: { exclude: true, parents: true, security: false } });
    expect(stages[0]!.instructions[0]).toMatchObject({ parents: true, exclude: ['*.md', 'x'] });
  });
});
