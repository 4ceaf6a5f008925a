/** Texts that were made to do harm, or by chance: each is loaded or refused with a ComposeError, in bounded time. */
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../test/vectors.ts';
import { ComposeError } from '../compose-error.ts';
import { projectJson, projectYaml } from '../render.ts';
import schema from './compose-spec.json' with { type: 'json' };
import { validateSchema, type Schema } from './json-schema.ts';
import { loadWholeProject } from './load-project.ts';
import { memoryFiles } from './memory-files.ts';
import { newModel, type ModelValue } from './model.ts';
import { substitute } from './substitute.ts';
import { extractVariables } from './variables.ts';
import { decodeYaml } from './yaml-decode.ts';

const SEED = 20260101;

/** What a text is loaded to, or why it is not; anything but a ComposeError is thrown on. */
async function load(text: string): Promise<string> {
  try {
    const project = await loadWholeProject({
      cwd: '/p',
      environment: { HOME: '/root', SET: 'value' },
      reader: memoryFiles('/p', { 'compose.yaml': text, 'other.yaml': 'services: {base: {image: i}}' }),
      warn: () => undefined,
      projectName: 'p',
    });
    projectJson(project);
    return projectYaml(project);
  } catch (error) {
    if (error instanceof ComposeError) return error.message;
    throw error;
  }
}

const { texts } = readVectors<{ texts: string[] }>('compose/projects.json');

/** Recorded files with pieces put in, taken out, doubled. */
const damaged = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 8 }), fc.string({ unit: piece(), maxLength: 3 })), { minLength: 1, maxLength: 4 }),
  )
  .map(([text, edits]) =>
    edits.reduce((current, [at, drop, insert]) => {
      const place = at % (current.length + 1);
      return current.slice(0, place) + insert + current.slice(place + drop);
    }, text),
  );

function piece(): fc.Arbitrary<string> {
  const special = [
    ':',
    ' ',
    '\n',
    '\t',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '<<: *a',
    '!reset ',
    '!override ',
    '#',
    '%',
    '?',
    '---\n',
    '${',
    '}',
    '$$',
  ];
  return fc.oneof(
    fc.constantFrom(...special, '__proto__: 1', 'services:', '  x-a: 1', 'null', '1e999', '.inf', '2020-01-01'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  );
}

it('loads any text or says why not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 5, arbitrary: damaged }, { weight: 1, arbitrary: fc.string({ unit: piece(), maxLength: 30 }) }),
      async (text) => {
        expect(await load(text)).not.toBe('');
      },
    ),
    { seed: SEED, numRuns: 400 },
  );
});

describe('bounds', () => {
  const bombs: Record<string, string> = {
    'a billion aliases': `a: &a0 [x, x]\n${Array.from({ length: 40 }, (_, level) => `b${level}: &a${level + 1} [*a${level}, *a${level}, *a${level}]`).join('\n')}`,
    'a billion merges': `a: &a0 {k: 1}\n${Array.from({ length: 40 }, (_, level) => `b${level}: &a${level + 1} {<<: [*a${level}, *a${level}], k${level}: 1}`).join('\n')}`,
    'aliases behind a tag': `a: &a0 [x, x]\nz: !override\n${Array.from({ length: 40 }, (_, level) => `  b${level}: &a${level + 1} [*a${level}, *a${level}, *a${level}]`).join('\n')}`,
    'an alias in itself': 'a: &a [*a]',
    'a merge with itself': 'services: &a {<<: *a}',
    'an alias in itself behind a tag': 'services: !override {a: &a [*a]}',
    'brackets without end': '['.repeat(200_000),
    'nested brackets': `a: ${'['.repeat(5000)}${']'.repeat(5000)}`,
    'nested mappings': Array.from({ length: 3000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    'keys without end': `? ${'? '.repeat(20_000)}`,
    'defaults in defaults': `services: {a: {image: "${'${A:-'.repeat(5000)}x${'}'.repeat(5000)}"}}`,
    'a service that extends itself': 'services: {a: {extends: a}}',
    'a file that includes itself': 'include: [compose.yaml]',
  };

  it.each(Object.keys(bombs))('refuses %s', async (name) => {
    const started = process.cpuUsage();
    const message = await load(bombs[name]!);
    const spentMs = process.cpuUsage(started).user / 1000;
    expect(message).toMatch(/aliasing|contains itself|cycle|max depth|did not find|invalid interpolation|Circular/);
    // Far more than it takes; without a bound it would not come back.
    expect(spentMs).toBeLessThan(5000);
  });

  it('takes many variables in one line, and many services', async () => {
    const line = '${A:-x}'.repeat(20_000);
    expect(substitute(line, { lookup: () => undefined, warn: () => undefined })).toBe('x'.repeat(20_000));
    expect(extractVariables(line).size).toBe(1);
    const services = Array.from(
      { length: 500 },
      (_, index) => `  s${index}: {image: i, ports: ["${8000 + index}:80"], depends_on: [s${Math.max(index - 1, 0)}x]}`,
    );
    expect(await load(`services:\n${services.join('\n')}`)).toMatch(/depends on undefined service/);
  });

  it('keeps names that JavaScript has for itself apart', async () => {
    const yaml = await load('services: {__proto__: {image: i}, constructor: {image: i, environment: {__proto__: 1, toString: 2}}}');
    expect(yaml).toContain('  __proto__:\n    image: i\n');
    expect(yaml).toContain('      __proto__: "1"\n      toString: "2"\n');
  });
});

/** ajv knows nothing of us: what it finds wrong must be wrong here too, and the other way round. */
it('agrees with ajv on what the specification allows', () => {
  const { $comment: _, ...plain } = schema;
  const judge = new Ajv({ strict: false, allErrors: false }).compile(plain);
  const check = (value: ModelValue): void => expect(validateSchema(plain as Schema, value).length === 0).toBe(judge(toPlain(value)));
  for (const text of texts) {
    let documents: ModelValue[];
    try {
      documents = [...decodeYaml(text)].map(({ value }) => value);
    } catch {
      continue;
    }
    for (const value of documents) check(value);
  }
  const scalar = fc.oneof(
    fc.constantFrom<ModelValue>(null, true, 0, -1, 1.5, '', 'a', 'host', '1m'),
    fc.constant([]).map((list): ModelValue => [...list]),
  );
  const keys = [...new Set(JSON.stringify(schema).match(/(?<=")[a-z_]+(?=":)/g))];
  const { tree } = fc.letrec<{ tree: ModelValue }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie('tree'), { maxLength: 2 }),
      fc.array(fc.tuple(fc.constantFrom(...keys), tie('tree')), { maxLength: 3 }).map((entries): ModelValue => newModel(entries)),
    ),
  }));
  fc.assert(
    fc.property(fc.constantFrom(...keys), tree, (key, value) => {
      check(
        newModel([
          [
            'services',
            newModel([
              [
                'a',
                newModel([
                  ['image', 'i'],
                  [key, value],
                ]),
              ],
            ]),
          ],
          ['networks', newModel([['n', value]])],
        ]),
      );
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

function toPlain(value: ModelValue): unknown {
  return JSON.parse(JSON.stringify(value));
}
