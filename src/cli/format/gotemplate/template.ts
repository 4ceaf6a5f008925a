/** A Go template, parsed once and run as often as needed: the face of this folder. */
import { execute } from './exec.ts';
import { BUILTINS, DOCKER_FUNCTIONS, type GoFunction } from './functions.ts';
import { parseTemplate, type ParsedTemplate } from './parse.ts';
import type { GoValue } from './value.ts';

export class Template {
  readonly #parsed: ParsedTemplate;

  /** @throws TemplateParseError */
  constructor(text: string, name = '', functions: Record<string, GoFunction> = DOCKER_FUNCTIONS) {
    const known = (word: string): boolean =>
      Object.hasOwn(functions, word) || Object.hasOwn(BUILTINS, word) || word === 'and' || word === 'or';
    this.#parsed = parseTemplate(name, text, known);
    this.#functions = functions;
  }

  readonly #functions: Record<string, GoFunction>;

  /** @throws TemplateExecError */
  run(data: GoValue, options: { functions?: Record<string, GoFunction>; missingKeyIsError?: boolean } = {}): string {
    const functions = options.functions ?? this.#functions;
    return execute(this.#parsed, data, { functions, missingKeyIsError: options.missingKeyIsError });
  }
}
