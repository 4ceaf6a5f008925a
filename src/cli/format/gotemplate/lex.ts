/**
 * Cuts a Go template into items: text, delimiters, identifiers, fields, constants. Trim markers (`{{-`)
 * and comments are gone afterwards. An error is an item too, the last one; its text is Go's.
 * Source: Go 1.24 text/template/parse/lex.go.
 */
import { quote } from '#engine/go-quote.ts';

export type ItemKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelimiter'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelimiter'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | Keyword;

export type Keyword = 'block' | 'break' | 'continue' | 'define' | 'dot' | 'else' | 'end' | 'if' | 'nil' | 'range' | 'template' | 'with';

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'dot', 'else', 'end', 'if', 'nil', 'range', 'template', 'with']);
const SPACE = ' \t\r\n';

export interface Item {
  kind: ItemKind;
  /** Index of its first letter in the template. */
  at: number;
  text: string;
  /** The line it begins on, from 1. */
  line: number;
}

/** How an item reads in an error: keywords in angle brackets, long ones shortened. */
export function describeItem(item: Item): string {
  if (item.kind === 'eof') return 'EOF';
  if (item.kind === 'error') return item.text;
  if (isKeyword(item.kind)) return `<${item.text}>`;
  const letters = [...item.text];
  return letters.length > 10 ? `${quote(letters.slice(0, 10).join(''))}...` : quote(item.text);
}

function isKeyword(kind: ItemKind): boolean {
  return KEYWORDS.has(kind);
}

type State = (() => State) | undefined;

export class Lexer {
  #at = 0;
  #start = 0;
  #line = 1;
  #startLine = 1;
  #parenDepth = 0;
  #insideAction = false;
  #item: Item | undefined;
  #done = false;

  constructor(readonly input: string) {}

  /** The next item. After `eof` or `error` it is `eof` for ever. */
  next(): Item {
    if (this.#done) return { kind: 'eof', at: this.#at, text: 'EOF', line: this.#startLine };
    this.#item = undefined;
    let state: State = this.#insideAction ? () => this.#action() : () => this.#text();
    while (state && !this.#item) state = state();
    return this.#item ?? { kind: 'eof', at: this.#at, text: 'EOF', line: this.#startLine };
  }

  #text(): State {
    const delimiter = this.input.indexOf('{{', this.#at);
    if (delimiter < 0) {
      this.#at = this.input.length;
      if (this.#at > this.#start) return this.#emit('text');
      this.#done = true;
      return this.#emit('eof');
    }
    const before = this.input.slice(this.#start, delimiter);
    const trimmed = this.#hasLeftTrim(delimiter + 2) ? before.replace(/[ \t\r\n]+$/, '') : before;
    this.#at = this.#start + trimmed.length;
    this.#insideAction = false;
    if (trimmed !== '') {
      this.#emit('text');
      this.#at = delimiter;
      this.#ignore();
      return undefined;
    }
    this.#at = delimiter;
    this.#ignore();
    return () => this.#leftDelimiter();
  }

  #leftDelimiter(): State {
    this.#at += 2;
    const trim = this.#hasLeftTrim(this.#at) ? 2 : 0;
    if (this.input.startsWith('/*', this.#at + trim)) {
      this.#at += trim;
      this.#ignore();
      return () => this.#comment();
    }
    this.#emit('leftDelimiter');
    this.#insideAction = true;
    this.#at += trim;
    this.#ignore();
    this.#parenDepth = 0;
    return undefined;
  }

  #comment(): State {
    const end = this.input.indexOf('*/', this.#at + 2);
    if (end < 0) return this.#error('unclosed comment');
    this.#at = end + 2;
    const delimiter = this.#atRightDelimiter();
    if (!delimiter) return this.#error('comment ends before closing delimiter');
    this.#skipRightDelimiter(delimiter);
    return () => this.#text();
  }

  #action(): State {
    const delimiter = this.#atRightDelimiter();
    if (delimiter) {
      if (this.#parenDepth > 0) return this.#error('unclosed left paren');
      return this.#rightDelimiter(delimiter);
    }
    const letter = this.#take();
    if (letter === '') return this.#error('unclosed action');
    if (SPACE.includes(letter)) return this.#space();
    switch (letter) {
      case '=':
        return this.#emit('assign');
      case ':':
        if (this.#take() !== '=') return this.#error('expected :=');
        return this.#emit('declare');
      case '|':
        return this.#emit('pipe');
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted("'", 'charConstant', 'unterminated character constant');
      case '`': {
        const end = this.input.indexOf('`', this.#at);
        if (end < 0) return this.#error('unterminated raw quoted string');
        this.#at = end + 1;
        return this.#emit('rawString');
      }
      case '$':
        return this.#name('variable');
      case '(':
        this.#parenDepth++;
        return this.#emit('leftParen');
      case ')':
        if (--this.#parenDepth < 0) return this.#error('unexpected right paren');
        return this.#emit('rightParen');
    }
    if (letter === '.' && this.#at < this.input.length && !/\d/.test(this.#peek())) return this.#name('field');
    if (/[.+\-\d]/.test(letter)) return this.#number();
    if (isAlphaNumeric(letter)) return this.#identifier();
    if (letter > ' ' && letter < '\x7f') return this.#emit('char');
    return this.#error(`unrecognized character in action: ${codePoint(letter)}`);
  }

  #space(): State {
    const first = this.#at - 1;
    while (this.#peek() !== '' && SPACE.includes(this.#peek())) this.#at++;
    // The blank before a trim marker belongs to the delimiter.
    if (this.input.startsWith(' -}}', this.#at - 1)) {
      this.#at--;
      if (this.#at === first) return () => this.#action();
    }
    return this.#emit('space');
  }

  #identifier(): State {
    while (isAlphaNumeric(this.#peek())) this.#at += this.#peek().length;
    if (!this.#atTerminator()) return this.#error(`bad character ${codePoint(this.#peek())}`);
    const word = this.input.slice(this.#start, this.#at);
    if (word !== 'dot' && KEYWORDS.has(word)) return this.#emit(word as Keyword);
    return this.#emit(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  /** A field or variable whose first letter has been taken. */
  #name(kind: 'field' | 'variable'): State {
    if (this.#atTerminator()) return this.#emit(kind === 'variable' ? 'variable' : 'dot');
    while (isAlphaNumeric(this.#peek())) this.#at += this.#peek().length;
    if (!this.#atTerminator()) return this.#error(`bad character ${codePoint(this.#peek())}`);
    return this.#emit(kind);
  }

  #quoted(end: string, kind: ItemKind, complaint: string): State {
    for (;;) {
      let letter = this.#take();
      if (letter === end) return this.#emit(kind);
      if (letter === '\\') {
        letter = this.#take();
        if (letter !== '' && letter !== '\n') continue;
      }
      if (letter === '' || letter === '\n') return this.#error(complaint);
    }
  }

  #number(): State {
    this.#at = this.#start;
    const good = this.#scanNumber();
    if (good && /[+-]/.test(this.#peek())) {
      if (!this.#scanNumber() || this.input[this.#at - 1] !== 'i') return this.#badNumber();
      return this.#emit('complex');
    }
    return good ? this.#emit('number') : this.#badNumber();
  }

  #badNumber(): State {
    return this.#error(`bad number syntax: ${quote(this.input.slice(this.#start, this.#at))}`);
  }

  #scanNumber(): boolean {
    const rest = this.input.slice(this.#at);
    const [found = ''] =
      /^[+-]?0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?i?/.exec(rest) ??
      /^[+-]?0[oO][0-7_]*(?:\.[0-7_]*)?i?/.exec(rest) ??
      /^[+-]?0[bB][01_]*(?:\.[01_]*)?i?/.exec(rest) ??
      /^[+-]?[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?i?/.exec(rest) ??
      [];
    this.#at += found.length;
    if (!isAlphaNumeric(this.#peek())) return true;
    this.#take();
    return false;
  }

  #rightDelimiter(length: number): State {
    if (length > 2) {
      this.#at += 2;
      this.#ignore();
    }
    this.#at += 2;
    this.#emit('rightDelimiter');
    if (length > 2) this.#skipSpace();
    this.#insideAction = false;
    return undefined;
  }

  #skipRightDelimiter(length: number): void {
    this.#at += length;
    if (length > 2) this.#skipSpace();
    else this.#ignore();
    this.#insideAction = false;
  }

  #skipSpace(): void {
    while (this.#peek() !== '' && SPACE.includes(this.#peek())) this.#at++;
    this.#ignore();
  }

  /** Length of the closing delimiter that stands here, its trim marker included; 0 for none. */
  #atRightDelimiter(): number {
    if (/^[ \t\r\n]-}}/.test(this.input.slice(this.#at, this.#at + 4))) return 4;
    return this.input.startsWith('}}', this.#at) ? 2 : 0;
  }

  #hasLeftTrim(at: number): boolean {
    return /^-[ \t\r\n]/.test(this.input.slice(at, at + 2));
  }

  #atTerminator(): boolean {
    const letter = this.#peek();
    return letter === '' || `${SPACE}.,|:)(`.includes(letter) || this.input.startsWith('}}', this.#at);
  }

  #take(): string {
    const letter = this.#peek();
    this.#at += letter.length;
    return letter;
  }

  #peek(): string {
    const point = this.input.codePointAt(this.#at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  #emit(kind: ItemKind): undefined {
    const text = kind === 'eof' ? 'EOF' : this.input.slice(this.#start, this.#at);
    this.#item = { kind, at: this.#start, text, line: this.#startLine };
    this.#ignore();
  }

  /** Moves past what has been looked at. */
  #ignore(): void {
    this.#line += this.input.slice(this.#start, this.#at).split('\n').length - 1;
    this.#start = this.#at;
    this.#startLine = this.#line;
  }

  #error(text: string): undefined {
    this.#item = { kind: 'error', at: this.#start, text, line: this.#startLine };
    this.#done = true;
  }
}

function isAlphaNumeric(letter: string): boolean {
  return letter === '_' || /^[\p{L}\p{Nd}]$/u.test(letter);
}

/** Go's `%#U`: `U+0023 '#'`. */
function codePoint(letter: string): string {
  if (letter === '') return 'U+FFFFFFFFFFFFFFFF';
  const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(letter) ? `U+${code} '${letter}'` : `U+${code}`;
}
