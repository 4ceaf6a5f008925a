/** Where in a model a value is, and tables of rules by such places: `services.*.ports.[]`. */

/** Keys from the top; an element of a list is `[]`. */
export type ModelPath = readonly string[];

export function pathText(path: ModelPath): string {
  return path.join('.');
}

/** Rules by pattern; a `*` stands for any one key or element. */
export class PathTable<Rule> {
  /** By length and last part, since every value of a model is looked up. */
  readonly #rules = new Map<string, { pattern: string[]; rule: Rule }[]>();

  constructor(rules: Record<string, Rule>) {
    for (const [text, rule] of Object.entries(rules)) {
      const pattern = text.split('.');
      const key = keyOf(pattern, pattern.at(-1)!);
      this.#rules.set(key, [...(this.#rules.get(key) ?? []), { pattern, rule }]);
    }
  }

  at(path: ModelPath): Rule | undefined {
    if (path.length === 0) return undefined;
    return this.#find(path, path.at(-1)!) ?? this.#find(path, '*');
  }

  #find(path: ModelPath, last: string): Rule | undefined {
    return this.#rules.get(keyOf(path, last))?.find(({ pattern }) => matches(path, pattern))?.rule;
  }
}

function keyOf(path: ModelPath, last: string): string {
  return `${path.length} ${last}`;
}

export function matches(path: ModelPath, pattern: ModelPath): boolean {
  return path.length === pattern.length && pattern.every((part, index) => part === '*' || part === path[index]);
}
