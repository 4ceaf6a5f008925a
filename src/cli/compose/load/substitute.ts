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
    for (const { at, expression, within } of findVariables(template)) {
      result += template.slice(from, at);
      from = at + expression.length;
      try {
        if (expression === '${') throw new InvalidTemplateError(template.slice(...within));
        result += this.#replace(expression, depth);
      } catch (error) {
        failed ??= error;
      }
    }
    if (failed) throw failed as Error;
    return result + template.slice(from);
  }

  #replace(expression: string, depth: number): string {
    if (expression === '$$') return '$';
    if (!expression.startsWith('${')) return this.#value(expression.slice(1));
    const [, name = '', operator, operand = ''] = EXPRESSION.exec(expression) ?? [];
    return operator === undefined ? this.#value(name) : this.#apply(operator, name, operand, depth);
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

/** What is in a pair of braces: a name, and what is to be done when it is, or is not, set. */
const EXPRESSION = /^\$\{(\w+)(?:(:?[-+?])([^]*))?\}$/;
const NAME = /[_a-z][_a-z0-9]*/iy;
const OPERATOR = /:?[-+?]/y;

export interface FoundVariable {
  at: number;
  /** `$$`, `$NAME`, `${…}`, or `${` alone when nothing sensible follows. */
  expression: string;
  /** The first of those that Compose's pattern takes in one piece: it goes to the last brace of the line. */
  isFirst: boolean;
  /** What Compose looks at then: all, or what is left of that piece. */
  within: [start: number, end: number];
}

/** The variables of a text, in order. Takes time in proportion to the text, unless braces in it are never closed. */
export function* findVariables(text: string): Iterable<FoundVariable> {
  const braces = new LastBraces(text);
  let pieceEnd = 0;
  let restStart = 0;
  for (let at = text.indexOf('$'); at >= 0;) {
    const expression = expressionAt(text, at, braces);
    if (expression === undefined) {
      at = text.indexOf('$', at + 1);
      continue;
    }
    const end = at + expression.length;
    const isFirst = at >= pieceEnd;
    yield { at, expression, isFirst, within: isFirst ? [0, text.length] : [restStart, pieceEnd] };
    const hasOperator = /^\$\{\w+:?[-+?]/.test(expression);
    if (isFirst) pieceEnd = hasOperator ? braces.before(at) + 1 : end;
    if (hasOperator) restStart = end;
    at = text.indexOf('$', end);
  }
}

function expressionAt(text: string, at: number, braces: LastBraces): string | undefined {
  if (text[at + 1] === '$') return '$$';
  const isBraced = text[at + 1] === '{';
  NAME.lastIndex = at + (isBraced ? 2 : 1);
  const name = NAME.exec(text)?.[0];
  if (!isBraced) return name === undefined ? undefined : `$${name}`;
  const end = NAME.lastIndex;
  if (name === undefined) return '${';
  if (text[end] === '}') return text.slice(at, end + 1);
  OPERATOR.lastIndex = end;
  const last = braces.before(at);
  if (!OPERATOR.test(text) || last < OPERATOR.lastIndex) return '${';
  const match = text.slice(at, last + 1);
  const close = closingBrace(match);
  return close < 0 ? match : match.slice(0, close + 1);
}

/** Where the last closing brace of a place's line is; -1 or earlier when there is none behind it. */
class LastBraces {
  #lineEnd = -1;
  #last = -1;

  constructor(readonly text: string) {}

  before(at: number): number {
    if (at > this.#lineEnd || this.#lineEnd < 0) {
      const end = this.text.indexOf('\n', at);
      this.#lineEnd = end < 0 ? this.text.length : end;
      this.#last = this.text.slice(at, this.#lineEnd).lastIndexOf('}');
      if (this.#last >= 0) this.#last += at;
    }
    return this.#last;
  }
}

/** Of the brace that opens first; the character after an opening one is passed over. */
function closingBrace(text: string): number {
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
