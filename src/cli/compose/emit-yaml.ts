/**
 * YAML as go-yaml v3 writes it: block style, two blanks deep, lists indented too, strings quoted where they would be read
 * as something else.
 */
import { formatFloat, Timestamp } from './load/model.ts';
import { resolveScalar } from './load/yaml-scalars.ts';

/** A number that is a float though it may have no fraction. */
export class YamlFloat {
  constructor(readonly value: number) {}

  toString(): string {
    return formatFloat(this.value);
  }
}

/** A `Map` keeps its order; the keys of other objects are sorted. */
export function emitYaml(value: unknown): string {
  return block(value, 0, 'top');
}

/** Where a value stands: at the top, behind `key:`, behind `- `. */
type Place = 'top' | 'key' | 'item';

/** What follows the place's own text, with the line's end. */
function block(value: unknown, indent: number, place: Place): string {
  if (Array.isArray(value)) return sequence(value, indent, place);
  if (isMapping(value)) return mapping(value, indent, place);
  return `${place === 'top' ? '' : ' '}${scalar(value, indent)}\n`;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Timestamp) && !(value instanceof YamlFloat);
}

function sequence(items: unknown[], indent: number, place: Place): string {
  if (items.length === 0) return `${place === 'top' ? '' : ' '}[]\n`;
  const lines = items.map((item) => `-${block(item, indent + 2, 'item')}`);
  return place === 'item'
    ? ` ${lines.join(blanks(indent))}`
    : `${place === 'key' ? '\n' : ''}${lines.map((line) => blanks(indent) + line).join('')}`;
}

function mapping(value: object, indent: number, place: Place): string {
  const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value).sort(([a], [b]) => compareKeys(a, b));
  if (entries.length === 0) return `${place === 'top' ? '' : ' '}{}\n`;
  const lines = entries.map(([key, entry]) => `${scalarKey(key, indent)}:${block(entry, indent + 2, 'key')}`);
  return place === 'item'
    ? ` ${lines.join(blanks(indent))}`
    : `${place === 'key' ? '\n' : ''}${lines.map((line) => blanks(indent) + line).join('')}`;
}

function blanks(count: number): string {
  return ' '.repeat(count);
}

function scalarKey(key: string, indent: number): string {
  const isSimple = !/[\r\n\u0085\u2028\u2029]/.test(key) && new TextEncoder().encode(key).length <= 128;
  return isSimple ? quoted(key, 0, true) : `? ${quoted(key, indent + 2, false)}\n${blanks(indent)}`;
}

function scalar(value: unknown, indent: number): string {
  if (typeof value === 'string') return quoted(value, indent, false);
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value).toString() : special(formatFloat(value));
  if (value instanceof Timestamp) return value.toJSON();
  if (value instanceof YamlFloat) return special(value.toString());
  return value === undefined ? 'null' : String(value);
}

function special(number: string): string {
  return { '+Inf': '.inf', '-Inf': '-.inf', NaN: '.nan' }[number] ?? number;
}

const OLD_BOOLEANS = new Set('y Y yes Yes YES on On ON n N no No NO off Off OFF'.split(' '));
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;

function quoted(text: string, indent: number, isKey: boolean): string {
  const isPlainString = resolveScalar('', text).tag === '!!str' && !BASE_60.test(text) && !OLD_BOOLEANS.has(text);
  const can = analyze(text);
  if (text.includes('\n')) return can.block && !isKey ? literal(text, indent) : doubleQuoted(text);
  if (!isPlainString) return doubleQuoted(text);
  if (can.plain) return text;
  return can.single ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

/** The styles that a string may be written in. */
function analyze(text: string): { plain: boolean; single: boolean; block: boolean } {
  if (text === '') return { plain: true, single: true, block: false };
  const indicators =
    /^(?:---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[?:-](?:[ \t]|$)/.test(text) ||
    /:(?:[ \t]|$)/.test(text) ||
    /[ \t\r\n\u0085\u2028\u2029]#/.test(text);
  const breaks = /[\r\n\u0085\u2028\u2029]/;
  const edges = /^ | $/.test(text) || breaks.test(text[0]!) || breaks.test(text.at(-1)!);
  const breakThenSpace = /[\r\n\u0085\u2028\u2029] /.test(text);
  const spaceThenBreak = / [\r\n\u0085\u2028\u2029]/.test(text);
  const hasSpecial = [...text].some((letter) => letter !== '\t' && !isPrintable(letter));
  const unquotable = spaceThenBreak || hasSpecial;
  return {
    plain: !indicators && !edges && !breaks.test(text) && !breakThenSpace && !unquotable && !text.includes('\t'),
    single: !breakThenSpace && !unquotable && !text.includes('\t'),
    block: !text.endsWith(' ') && !unquotable,
  };
}

/** By libyaml's table: what can stand in a text as it is; a line's end is. */
function isPrintable(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x80) return code === 0x0a || (code >= 0x20 && code <= 0x7e);
  if (code < 0xa0) return false;
  if (code >= 0xd800 && code < 0xe000) return false;
  // Nothing above the first 65,536 is in the table.
  return code !== 0xfeff && code < 0xfffe;
}

const ESCAPES: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

function doubleQuoted(text: string): string {
  let result = '"';
  // go-yaml looks for the mark at the text's start at each letter, and escapes all of them.
  const isMarked = text.startsWith('\uFEFF');
  for (const letter of text) {
    const isBreak = /[\r\n\u0085\u2028\u2029]/.test(letter);
    if (!isMarked && isPrintable(letter) && !isBreak && letter !== '"' && letter !== '\\') result += letter;
    else if (ESCAPES[letter] !== undefined) result += `\\${ESCAPES[letter]}`;
    else {
      const code = letter.codePointAt(0) ?? 0;
      const [mark, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
      result += `\\${mark}${code
        .toString(16)
        .toUpperCase()
        .padStart(width as number, '0')}`;
    }
  }
  return `${result}"`;
}

/** The first line's end, where nothing is before it, is taken for that of the indicator: go-yaml loses it. */
function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const lines = text.split('\n');
  if (text.startsWith('\n')) lines.shift();
  if (text.endsWith('\n')) lines.pop();
  return [`|${hint}${chomp}`, ...lines.map((line) => (line === '' ? '' : blanks(indent) + line))].join('\n');
}

/** Numbers in names by their value, letters after what is none. */
function compareKeys(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  let digits = false;
  for (let index = 0; index < a.length && index < b.length; index++) {
    const [x, y] = [a[index]!, b[index]!];
    if (x === y) {
      digits = isDigit(x);
      continue;
    }
    const [xLetter, yLetter] = [isLetter(x), isLetter(y)];
    if (xLetter && yLetter) return byCode(x, y);
    if (xLetter || yLetter) return (digits ? xLetter : yLetter) ? -1 : 1;
    return compareNumbers(a, b, index) || byCode(x, y);
  }
  return a.length - b.length;
}

function compareNumbers(a: string[], b: string[], index: number): number {
  let seed = 0n;
  if (a[index] === '0' || b[index] === '0') {
    for (let before = index - 1; before >= 0 && isDigit(a[before]!); before--) {
      if (a[before] !== '0') {
        seed = 1n;
        break;
      }
    }
  }
  const numberAt = (letters: string[]): { value: bigint; end: number } => {
    let value = seed;
    let end = index;
    for (; end < letters.length && isDigit(letters[end]!); end++) value = value * 10n + BigInt((letters[end]!.codePointAt(0) ?? 48) - 48);
    return { value, end };
  };
  const [x, y] = [numberAt(a), numberAt(b)];
  if (x.value !== y.value) return x.value < y.value ? -1 : 1;
  return x.end - y.end;
}

function isDigit(letter: string): boolean {
  return /^\p{Nd}$/u.test(letter);
}

function isLetter(letter: string): boolean {
  return /^\p{L}$/u.test(letter);
}

function byCode(left: string, right: string): number {
  return (left.codePointAt(0) ?? 0) - (right.codePointAt(0) ?? 0);
}
