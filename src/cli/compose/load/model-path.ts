/** Where in a model a value is, and tables of rules by such places: `services.*.ports.[]`. */

/** Keys from the top; an element of a list is `[]`. */
export type ModelPath = readonly string[];

export function pathText(path: ModelPath): string {
  return path.join('.');
}

/** Rules by pattern; a `*` stands for any one key or element. */
export class PathTable<Rule> {
  readonly #rules: { pattern: string[]; rule: Rule }[];

  constructor(rules: Record<string, Rule>) {
    this.#rules = Object.entries(rules).map(([pattern, rule]) => ({ pattern: pattern.split('.'), rule }));
  }

  at(path: ModelPath): Rule | undefined {
    return this.#rules.find(({ pattern }) => matches(path, pattern))?.rule;
  }
}

export function matches(path: ModelPath, pattern: ModelPath): boolean {
  return path.length === pattern.length && pattern.every((part, index) => part === '*' || part === path[index]);
}
