/** Go's own template tests and cases run through docker's template package. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from './parse.ts';
import { printList } from './node.ts';
import { Template } from './template.ts';
import type { TemplateExecError } from './exec.ts';
import { BUILTINS } from './functions.ts';
import { fromJson, GoList, GoMap, GoStruct, Nil, GoInteger, type GoValue } from './value.ts';

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../test/data/gotemplate/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Cases on which Drydock differs, with the reason. */
const exceptions = read<{ file: string; case: string; reason: string }[]>('exceptions');
const excepted = (file: string, name: string): boolean => exceptions.some((one) => one.file === file && one.case === name);

interface DockerCase {
  template: string;
  result?: string;
  parseError?: string;
  execError?: string;
}

describe('docker templates', () => {
  const { data, cases } = read<{ data: unknown; cases: DockerCase[] }>('docker-templates');
  it.each(cases.filter((one) => !excepted('docker-templates', one.template)).map((one) => [one.template, one] as const))(
    '%s',
    (_name, one) => {
      const seen: DockerCase = { template: one.template };
      let template: Template | undefined;
      try {
        template = new Template(one.template);
      } catch (error) {
        seen.parseError = (error as Error).message;
      }
      try {
        if (template) seen.result = template.run(fromJson(data));
      } catch (error) {
        seen.execError = (error as Error).message;
        seen.result = (error as TemplateExecError).output;
      }
      expect(seen).toEqual(one);
    },
  );
});

interface GoCase {
  name: string;
  input: string;
  ok: { $id: 'noError' | 'hasError' };
  result: string;
}

const known = (name: string): boolean => Object.hasOwn(BUILTINS, name) || name === 'contains' || name === 'and' || name === 'or';

describe('parsing', () => {
  const { cases } = read<{ cases: GoCase[] }>('go-parse-tests');
  it.each(cases.filter((one) => !excepted('go-parse-tests', one.name)).map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const parse = (): string => printList(parseTemplate(one.name, one.input, known).root);
    if (one.ok.$id === 'hasError') expect(parse).toThrow();
    else expect(parse()).toBe(one.result);
  });

  const errors = read<{ cases: GoCase[] }>('go-error-tests').cases;
  it.each(errors.filter((one) => !excepted('go-error-tests', one.name)).map((one) => [one.name, one] as const))(
    'error: %s',
    (_name, one) => {
      expect(() => parseTemplate(one.name, one.input, known)).toThrow(one.result);
    },
  );
});

class Compared extends GoStruct {
  readonly type = 'cmpStruct';
  readonly values: Record<string, GoValue> = {
    Uthree: new GoInteger(3n, 'uint'),
    Ufour: new GoInteger(4n, 'uint'),
    NegOne: -1n,
    Three: 3n,
    Ptr: new Point('*int'),
    NilPtr: new Nil('pointer', '*int'),
    NonNilMap: new GoMap(new Map(), 'int', 'int'),
    Map: new Nil('map', 'map[int]int'),
    V1: new Point('V'),
    V2: new Point('V'),
    Iface1: new Point('*int'),
    NilIface: null,
  };
  lookup(name: string) {
    return { field: this.values[name] };
  }
  fields(): [string, GoValue][] {
    return [];
  }
  toJson(): string {
    return '{}';
  }
}

class Point extends GoStruct {
  constructor(readonly type: string) {
    super();
  }
  lookup() {
    return undefined;
  }
  fields(): [string, GoValue][] {
    return [];
  }
  toJson(): string {
    return this.type;
  }
}

describe('comparison', () => {
  const { cases } = read<{ cases: { expr: string; truth: string; ok: boolean }[] }>('go-cmp-tests');
  it.each(cases.filter((one) => !excepted('go-cmp-tests', one.expr)).map((one) => [one.expr, one] as const))('%s', (_name, one) => {
    const run = (): string => new Template(`{{if ${one.expr}}}true{{else}}false{{end}}`).run(new Compared());
    if (one.ok) expect(run()).toBe(one.truth);
    else expect(run).toThrow();
  });
});

describe('typed values', () => {
  it('joins only lists of strings', () => {
    expect(new Template('{{join . "-"}}').run(new GoList(['a', 'b'], 'string'))).toBe('a-b');
    expect(() => new Template('{{join . "-"}}').run(new GoList(['a'], 'interface {}'))).toThrow(
      'wrong type for value; expected []string; got []interface {}',
    );
  });
});
