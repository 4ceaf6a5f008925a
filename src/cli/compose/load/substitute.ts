/**
 * `${NAME}` and its relatives in a string: `$NAME`, `${NAME:-default}`, `${NAME:?reason}`, `${NAME:+instead}`, each also
 * without the colon, nested, and `$$` for a dollar.
 * Source: compose-go v2.6.3 template.
 */
import { quote } from '#engine/go-quote.ts';

export type Lookup = (name: string) => string | undefined;

/** A `${` that nothing sensible follows; `template` is the whole string. */
export class InvalidTemplateError extends Error {
  override readonly name = 'InvalidTemplateError';

  constructor(readonly template: string) {
    super(`Invalid template: ${quote(template)}`);
  }
}

export interface Substitution {
  lookup: Lookup;
  warn: (message: string) => void;
}

/** How deep defaults may be nested in defaults. */
const MAX_DEPTH = 100;

/**
 * @throws InvalidTemplateError, or Error for a variable that must be set
 */
export function substitute(template: string, { lookup, warn }: Substitution): string {
  return new Template(lookup, warn).substitute(template, 0);
}

const NAMED = /^[_a-z][_a-z0-9]*/i;
const BRACED = /^[_a-z][_a-z0-9]*(:?[-+?][^\n]*)?\}/i;

class Template {
  constructor(
    readonly lookup: Lookup,
    readonly warn: (message: string) => void,
  ) {}

  substitute(template: string, depth: number): string {
    if (depth > MAX_DEPTH) throw new InvalidTemplateError(template);
    let result = '';
    let from = 0;
    // What comes first is what is reported, though all is looked at: warnings go on.
    let failed: unknown;
    for (const { at, match } of findVariables(template)) {
      result += template.slice(from, at);
      from = at + match.length;
      try {
        result += this.#replace(match, template, depth);
      } catch (error) {
        failed ??= error;
      }
    }
    if (failed) throw failed as Error;
    return result + template.slice(from);
  }

  #replace(match: string, template: string, depth: number): string {
    if (match === '$$') return '$';
    if (match === '${') throw new InvalidTemplateError(template);
    const close = closingBrace(match);
    const expression = close < 0 ? match : match.slice(0, close + 1);
    if (!match.startsWith('${')) return this.#value(match.slice(1));
    const inner = expression.slice(2, -1);
    if (!BRACED.test(expression.slice(2))) throw new InvalidTemplateError(template);
    const operator = firstOperator(match);
    const at = operator === undefined ? -1 : inner.indexOf(operator);
    // What follows a plain `${NAME}` in one match is dropped, as in Compose.
    if (operator === undefined || at < 0) return this.#value(inner);
    const applied = this.#apply(operator, inner.slice(0, at), inner.slice(at + operator.length), depth);
    return applied + this.substitute(match.slice(expression.length), depth + 1);
  }

  #apply(operator: string, name: string, operand: string, depth: number): string {
    const other = this.substitute(operand, depth + 1);
    const value = this.lookup(name);
    const isSet = value !== undefined && (!operator.startsWith(':') || value !== '');
    if (operator.endsWith('-')) return isSet ? value : other;
    if (operator.endsWith('+')) return isSet ? other : (value ?? '');
    if (isSet) return value;
    throw new Error(`required variable ${name} is missing a value${other === '' ? '' : `: ${other}`}`);
  }

  #value(name: string): string {
    const value = this.lookup(name);
    if (value === undefined) this.warn(`The ${quote(name)} variable is not set. Defaulting to a blank string.`);
    return value ?? '';
  }
}

/** `$$`, `$NAME`, `${…}` up to the last brace of its line, and a `${` that is none of these. */
export function* findVariables(template: string): Iterable<{ at: number; match: string }> {
  for (let at = template.indexOf('$'); at >= 0;) {
    const rest = template.slice(at + 1);
    let match = '';
    if (rest.startsWith('$')) match = '$$';
    else if (rest.startsWith('{')) match = `\${${BRACED.exec(rest.slice(1))?.[0] ?? ''}`;
    else match = NAMED.test(rest) ? `$${NAMED.exec(rest)?.[0] ?? ''}` : '';
    if (match !== '') yield { at, match };
    at = template.indexOf('$', at + Math.max(1, match.length));
  }
}

/** Of the brace that opens first; the character after an opening one is passed over. */
export function closingBrace(text: string): number {
  let open = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '}' && --open === 0) return index;
    if (text[index] === '{') {
      open++;
      index++;
    }
  }
  return -1;
}

function firstOperator(text: string): string | undefined {
  let first: { operator: string; at: number } | undefined;
  for (const operator of [':?', '?', ':-', '-', ':+', '+']) {
    const at = text.indexOf(operator);
    if (at >= 0 && (!first || at < first.at)) first = { operator, at };
  }
  return first?.operator;
}
