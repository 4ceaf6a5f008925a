import { expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../test/vectors.ts';
import { parseDotEnv } from './dotenv.ts';
import { newModel, type Model, type ModelValue } from './model.ts';
import { parsePorts } from './port-spec.ts';
import { substitute } from './substitute.ts';
import { extractVariables } from './variables.ts';
import { parseVolumeSpec } from './volume-spec.ts';

interface Case<Result> {
  result?: Result;
  error?: string;
}

/** What a function gives, or says. */
function outcome<T>(run: () => T): Case<T> {
  try {
    return { result: run() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const expected = <T>({ result, error }: Case<T>): Case<T> => (error === undefined ? { result } : { error });
const ignore = (): void => undefined;

it('reads mounts in short form', async () => {
  const { volumes } = readVectors<{ volumes: (Case<object> & { input: string })[] }>('compose/specs.json');
  await expectAll(
    'compose/specs.json',
    volumes,
    ({ input }) => input,
    (value) => {
      const given = outcome(
        () =>
          JSON.parse(JSON.stringify(parseVolumeSpec(value.input), (_, entry: unknown) => (entry === false ? undefined : entry))) as object,
      );
      expect(given).toEqual(expected(value));
    },
  );
});

it('reads ports in short form', async () => {
  const { ports } = readVectors<{ ports: (Case<object[]> & { input: string })[] }>('compose/specs.json');
  await expectAll(
    'compose/specs.json',
    ports,
    ({ input }) => input,
    (value) => {
      expect(outcome(() => parsePorts(value.input))).toEqual(expected(value));
    },
  );
});

it('replaces variables', async () => {
  const { cases, environment } = readVectors<{ cases: (Case<string> & { template: string })[]; environment: Record<string, string> }>(
    'compose/interpolation.json',
  );
  await expectAll(
    'compose/interpolation.json',
    cases,
    ({ template }) => template,
    (value) => {
      expect(outcome(() => substitute(value.template, { lookup: (name) => environment[name], warn: ignore }))).toEqual(expected(value));
    },
  );
});

it('reads .env files', async () => {
  const { cases, environment } = readVectors<{ cases: (Case<object> & { input: string })[]; environment: Record<string, string> }>(
    'compose/dotenv.json',
  );
  await expectAll(
    'compose/dotenv.json',
    cases,
    ({ input }) => input,
    (value) => {
      expect(outcome(() => ({ ...parseDotEnv(value.input, { lookup: (name) => environment[name], warn: ignore }) }))).toEqual(
        expected(value),
      );
    },
  );
});

interface Extraction {
  name: string;
  dict: Record<string, unknown> | never[];
  expected: Record<string, { Name: string; DefaultValue?: string; PresenceValue?: string; Required?: boolean }> | never[];
}

it('finds the variables of a file', async () => {
  const { extract } = readVectors<{ extract: Extraction[] }>('compose/variables.json');
  await expectAll(
    'compose/variables.json',
    extract,
    ({ name }) => name,
    (value) => {
      const found = [...extractVariables(toModel(value.dict)).values()].map((variable) => [variable.name, variable]);
      const wanted = Object.values(value.expected).map((variable) => [
        variable.Name,
        {
          name: variable.Name,
          defaultValue: variable.DefaultValue ?? '',
          presenceValue: variable.PresenceValue ?? '',
          required: variable.Required ?? false,
        },
      ]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
    },
  );
});

function toModel(value: unknown): Model {
  const convert = (entry: unknown): ModelValue => {
    if (Array.isArray(entry)) return entry.map(convert);
    return typeof entry === 'object' && entry !== null ? toModel(entry) : (entry as ModelValue);
  };
  return newModel(Object.entries(value as object).map(([key, entry]) => [key, convert(entry)]));
}
