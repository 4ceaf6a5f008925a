/**
 * Go's fmt: `Sprint`, `Sprintln` and `Sprintf` over template values.
 * Source: Go 1.24 package fmt.
 */
import { quote } from '#engine/go-quote.ts';
import { formatDuration } from '#engine/go-duration.ts';
import { formatSignificant } from '../../units/number.ts';
import { formatGoTime } from './time.ts';
import type { Complex } from './value.ts';
import { GoList, GoMap, GoStruct, GoTime, JsonNumber, Nil, sortedEntries, typeName, GoInteger, type GoValue } from './value.ts';

/** What `{{.}}` writes: the value itself, also where it is reached through a pointer. */
export function printValue(value: GoValue): string {
  return valueText(value, { plus: false });
}

/** `%v`: a pointer to a struct shows that it is one. */
export function sprintValue(value: GoValue): string {
  return (isPointer(value) ? '&' : '') + printValue(value);
}

/** `print`: blanks between arguments of which neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  let text = '';
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string') text += ' ';
    text += sprintValue(value);
  }
  return text;
}

export function sprintln(values: readonly GoValue[]): string {
  return `${values.map(sprintValue).join(' ')}\n`;
}

interface Directive {
  verb: string;
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** What a pointer prints as inside something else: which address it is says nothing. */
export const ADDRESS = '0xc000123456';

const DIRECTIVE = /%([-+# 0]*)(?:\[(\d+)\])?(\d+|\*)?(?:\.(\d+|\*)?)?(?:\[(\d+)\])?(.?)/gsu;

export function sprintf(format: string, values: readonly GoValue[]): string {
  let next = 0;
  let reordered = false;
  const text = format.replace(DIRECTIVE, (directive, flags: string, first, width, precision, last, verb: string) => {
    const index = (last ?? first) as string | undefined;
    if (index !== undefined) {
      next = Number(index) - 1;
      reordered = true;
    }
    const star = (): number => Number(integerOf(values[next++]) ?? 0n);
    const wide = width === '*' ? star() : width === undefined ? undefined : Number(width);
    const hasPrecision = directive.includes('.');
    const precise = precision === '*' ? star() : hasPrecision ? Number(precision ?? 0) : undefined;
    if (verb === '') return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (next < 0 || next >= values.length) return `%!${verb}(${index === undefined ? 'MISSING' : 'BADINDEX'})`;
    return formatOne(values[next++], {
      verb,
      plus: flags.includes('+'),
      minus: flags.includes('-') || (wide ?? 0) < 0,
      sharp: flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0') && !flags.includes('-'),
      width: wide === undefined ? undefined : Math.abs(wide),
      precision: precise,
    });
  });
  if (reordered || next >= values.length) return text;
  const extra = values
    .slice(next)
    .map((value) => `${value === null || value === undefined ? '<nil>' : `${typeName(value)}=${sprintValue(value)}`}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function formatOne(value: GoValue, directive: Directive): string {
  const { verb } = directive;
  if (verb === 'T') return padded(value === null || value === undefined ? '<nil>' : typeName(value), directive);
  if (verb === 'p') return `%!p(${typeName(value)}=${sprintValue(value)})`;
  if (value === null || value === undefined) {
    return verb === 'v' ? padded('<nil>', directive) : `%!${verb}(<nil>)`;
  }
  if (verb === 'v') return verbV(value, directive);
  if (value instanceof GoList) return `[${value.elements.map((element) => formatOne(element, directive)).join(' ')}]`;
  if (value instanceof GoMap) {
    const entries = sortedEntries(value).map(([key, entry]) => `${formatOne(key, directive)}:${formatOne(entry, directive)}`);
    return `map[${entries.join(' ')}]`;
  }
  const text = scalarText(value, directive);
  return text === undefined ? `%!${verb}(${typeName(value)}=${sprintValue(value)})` : text;
}

function verbV(value: GoValue, directive: Directive): string {
  if (directive.sharp) return padded(goSyntax(value), directive);
  const integer = hasText(value) ? undefined : integerOf(value);
  if (integer !== undefined) return integerText(integer, 10, directive);
  if (typeof value === 'number') return floatText(value, 'g', directive);
  return padded((isPointer(value) ? '&' : '') + valueText(value, directive), directive);
}

/** Text of a scalar for one verb; undefined when the verb does not fit. */
function scalarText(value: GoValue, directive: Directive): string | undefined {
  const { verb } = directive;
  if (value instanceof JsonNumber) return scalarText(value.text, directive);
  if (typeof value === 'string') return stringText(value, directive);
  if (typeof value === 'boolean') return verb === 't' ? padded(String(value), directive) : undefined;
  if ((verb === 's' || verb === 'q') && hasText(value)) return stringText(valueText(value, directive), directive);
  const integer = integerOf(value);
  if (integer !== undefined) {
    const base = { d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }[verb];
    if (base !== undefined) return integerText(integer, base, directive);
    if (verb === 'c') return padded(String.fromCodePoint(Number(integer)), directive);
    if (verb === 'q') return padded(`'${String.fromCodePoint(Number(integer))}'`, directive);
    if (verb === 'U') return padded(`U+${integer.toString(16).toUpperCase().padStart(4, '0')}`, directive);
    return undefined;
  }
  if (typeof value === 'number') return 'eEfFgG'.includes(verb) ? floatText(value, verb, directive) : undefined;
  return undefined;
}

function stringText(value: string, directive: Directive): string | undefined {
  const cut = directive.precision === undefined ? value : [...value].slice(0, directive.precision).join('');
  switch (directive.verb) {
    case 's':
      return padded(cut, directive);
    case 'q':
      return padded(directive.sharp && !cut.includes('`') ? `\`${cut}\`` : quote(cut), directive);
    case 'x':
    case 'X': {
      const bytes = [...new TextEncoder().encode(cut)].map((byte) => byte.toString(16).padStart(2, '0'));
      const text = bytes.join(directive.space ? ' ' : '');
      return padded(directive.verb === 'X' ? text.toUpperCase() : text, directive);
    }
    default:
      return undefined;
  }
}

function integerText(value: bigint, base: number, directive: Directive): string {
  const sign = value < 0n ? '-' : directive.plus ? '+' : directive.space ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base);
  if (directive.precision !== undefined) digits = digits.padStart(directive.precision, '0');
  if (directive.sharp || directive.verb === 'O') {
    digits = ({ 2: '0b', 8: directive.verb === 'O' ? '0o' : '0', 16: '0x' }[base] ?? '') + digits;
  }
  if (directive.verb === 'X') digits = digits.toUpperCase();
  return paddedNumber(sign, digits, { ...directive, zero: directive.zero && directive.precision === undefined });
}

function floatText(value: number, verb: string, directive: Directive): string {
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? '-' : directive.plus ? '+' : directive.space ? ' ' : '';
  const size = Math.abs(value);
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? 'NaN' : `${sign === '' ? '+' : sign}Inf`;
    return padded(text, directive);
  }
  let digits: string;
  if (verb === 'f' || verb === 'F') digits = size.toFixed(directive.precision ?? 6);
  else if (verb === 'e' || verb === 'E') digits = exponentForm(size.toExponential(directive.precision ?? 6));
  else if (directive.precision !== undefined) digits = formatSignificant(size, directive.precision || 1);
  else digits = shortest(size);
  return paddedNumber(sign, verb === 'E' || verb === 'G' ? digits.toUpperCase() : digits, directive);
}

/** `%v` of a float: the fewest digits that give it back, with an exponent from 1e6 on or below 1e-4. */
function shortest(size: number): string {
  if (size === 0) return '0';
  const [mantissa = '', exponentDigits = '0'] = size.toExponential().split('e');
  const exponent = Number(exponentDigits);
  if (exponent < -4 || exponent >= 6) return exponentForm(`${mantissa}e${exponentDigits}`);
  return String(size);
}

function exponentForm(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function paddedNumber(sign: string, digits: string, directive: Directive): string {
  if (directive.zero && directive.width !== undefined) return sign + digits.padStart(directive.width - sign.length, '0');
  return padded(sign + digits, directive);
}

function padded(text: string, directive: Directive): string {
  if (directive.width === undefined) return text;
  const blanks = (directive.zero ? '0' : ' ').repeat(Math.max(0, directive.width - [...text].length));
  return directive.minus ? text + ' '.repeat(blanks.length) : blanks + text;
}

function integerOf(value: GoValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof GoInteger ? value.value : undefined;
}

/** Has a `String` method, which `%s`, `%q` and `%v` call. */
function hasText(value: GoValue): boolean {
  if (value instanceof GoInteger) return value.type === 'time.Duration';
  return value instanceof GoTime || (value instanceof GoStruct && value.string() !== undefined);
}

function valueText(value: GoValue, style: { plus: boolean }): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'number') return floatV(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Nil) return { pointer: '<nil>', slice: '[]', map: 'map[]' }[value.kind];
  if (value instanceof GoList) return `[${value.elements.map((element) => innerText(element, style)).join(' ')}]`;
  if (value instanceof GoMap) {
    return `map[${sortedEntries(value)
      .map(([key, entry]) => `${key}:${innerText(entry, style)}`)
      .join(' ')}]`;
  }
  if (value instanceof GoStruct) {
    const fields = (): string[] => value.fields().map(([name, field]) => (style.plus ? `${name}:` : '') + innerText(field, style));
    return value.string() ?? `{${fields().join(' ')}}`;
  }
  if (value instanceof GoInteger) return value.type === 'time.Duration' ? formatDuration(value.value) : value.value.toString();
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof GoTime) return formatGoTime(value.text);
  return complexText(value);
}

function floatV(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return (value < 0 || Object.is(value, -0) ? '-' : '') + shortest(Math.abs(value));
}

function isPointer(value: GoValue): boolean {
  return value instanceof GoStruct && value.type.startsWith('*') && value.string() === undefined;
}

function innerText(value: GoValue, style: { plus: boolean }): string {
  return isPointer(value) ? ADDRESS : valueText(value, style);
}

function complexText(value: Complex): string {
  const imaginary = floatV(value.imaginary);
  return `(${floatV(value.real)}${/^[+-]/.test(imaginary) ? '' : '+'}${imaginary}i)`;
}

/** `%#v`, for the kinds that templates show it for. */
function goSyntax(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'string') return quote(value);
  if (value instanceof GoList) return `${typeName(value)}{${value.elements.map(goSyntax).join(', ')}}`;
  if (value instanceof GoMap) {
    return `${typeName(value)}{${sortedEntries(value)
      .map(([key, entry]) => `${quote(key)}:${goSyntax(entry)}`)
      .join(', ')}}`;
  }
  if (value instanceof GoStruct) {
    return `${value.type}{${value
      .fields()
      .map(([name, field]) => `${name}:${goSyntax(field)}`)
      .join(', ')}}`;
  }
  if (value instanceof Nil) return `${value.type}(nil)`;
  return valueText(value, { plus: false });
}
