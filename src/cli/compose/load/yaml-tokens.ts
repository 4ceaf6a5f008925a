/**
 * The tokens of a YAML text as libyaml's scanner finds them, with its words for what is none. Contents of scalars are passed
 * over: the `yaml` package reads those; this is for the errors, which Compose prints as they are.
 * Source: go-yaml v3.0.1 scannerc.go.
 */
import { ComposeError } from '../compose-error.ts';

export type TokenType =
  | 'stream-end'
  | 'directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | '['
  | ']'
  | '{'
  | '}'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface Token {
  type: TokenType;
  /** From 0. */
  line: number;
  /** Where it begins in the text. */
  at: number;
  /** Of a directive, its name; of a tag, its handle; of an anchor or an alias, the anchor's. */
  text?: string;
  /** Of `%YAML` the version, of `%TAG` the handle. */
  operand?: string;
}

interface Mark {
  at: number;
  line: number;
  column: number;
}

interface SimpleKey {
  possible: boolean;
  required: boolean;
  tokenNumber: number;
  mark: Mark;
}

const MAX_DEPTH = 10_000;
const MAX_KEY_LENGTH = 1024;
/** The scanner stays this many tokens ahead, so its errors come before the grammar's. */
const AHEAD = 2;

export class YamlScanner {
  readonly #text: string;
  #at = 0;
  #line = 0;
  #column = 0;
  #flowLevel = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  readonly #keys: SimpleKey[] = [{ possible: false, required: false, tokenNumber: 0, mark: { at: 0, line: 0, column: 0 } }];
  #keyAllowed = true;
  #tokens: Token[] = [];
  #head = 0;
  /** Tokens given out. */
  #parsed = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws ComposeError in go-yaml's words */
  peek(): Token {
    // At the end of the text there is one more token of its end each time.
    while (this.#tokens.length - this.#head <= AHEAD || this.#headMayBeKey()) this.#fetch();
    return this.#tokens[this.#head]!;
  }

  skip(): void {
    this.#head++;
    this.#parsed++;
    if (this.#head < 1000) return;
    this.#tokens = this.#tokens.slice(this.#head);
    this.#head = 0;
  }

  /** The head is not known before it is known whether a `:` comes after it. */
  #headMayBeKey(): boolean {
    const key = this.#keys.find(({ possible, tokenNumber }) => possible && tokenNumber === this.#parsed);
    return key !== undefined && this.#isValid(key);
  }

  #fetch(): void {
    this.#toNextToken();
    this.#unrollIndent(this.#column);
    const letter = this.#letter();
    const blankNext = isBlankOrEnd(this.#letter(1));
    if (letter === '') return this.#streamEnd();
    if (this.#column === 0 && letter === '%') return this.#directive();
    if (this.#atDocumentIndicator()) return this.#documentIndicator(letter === '-' ? 'document-start' : 'document-end');
    if (letter === '[' || letter === '{') return this.#flowStart(letter);
    if (letter === ']' || letter === '}') return this.#flowEnd(letter);
    if (letter === ',') return this.#flowEntry();
    if (letter === '-' && blankNext) return this.#blockEntry();
    if (letter === '?' && (this.#flowLevel > 0 || blankNext)) return this.#explicitKey();
    if (letter === ':' && (this.#flowLevel > 0 || blankNext)) return this.#value();
    if (letter === '*' || letter === '&') return this.#anchor(letter === '*' ? 'alias' : 'anchor');
    if (letter === '!') return this.#tag();
    if ((letter === '|' || letter === '>') && this.#flowLevel === 0) return this.#blockScalar();
    if (letter === "'" || letter === '"') return this.#quoted(letter);
    const isIndicator = isBlankOrEnd(letter) || '-?:,[]{}#&*!|>\'"%@`'.includes(letter);
    const isDash = letter === '-' && !/[ \t]/.test(this.#letter(1));
    if (!isIndicator || isDash || (this.#flowLevel === 0 && (letter === '?' || letter === ':') && !blankNext)) return this.#plain();
    this.#fail('found character that cannot start any token');
  }

  #toNextToken(): void {
    for (;;) {
      if (this.#column === 0 && this.#letter() === '\uFEFF') this.#skip();
      while (this.#letter() === ' ' || ((this.#flowLevel > 0 || !this.#keyAllowed) && this.#letter() === '\t')) this.#skip();
      if (this.#letter() === '#') this.#skipWhile((letter) => !isBreakOrEnd(letter));
      if (!isBreak(this.#letter())) return;
      this.#skipLine();
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  // What can be a key

  #isValid(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (key.mark.line >= this.#line && key.mark.at + MAX_KEY_LENGTH >= this.#at) return true;
    if (key.required) this.#fail("could not find expected ':'", key.mark);
    key.possible = false;
    return false;
  }

  #saveKey(): void {
    const required = this.#flowLevel === 0 && this.#indent === this.#column;
    if (!this.#keyAllowed) return;
    this.#removeKey();
    const tokenNumber = this.#parsed + this.#tokens.length - this.#head;
    this.#keys[this.#keys.length - 1] = { possible: true, required, tokenNumber, mark: this.#mark() };
  }

  #removeKey(): void {
    const key = this.#keys.at(-1)!;
    if (key.possible && key.required) this.#fail("could not find expected ':'", key.mark);
    key.possible = false;
  }

  // Indentation

  #rollIndent(column: number, type: TokenType, mark: Mark, before?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    if (this.#indents.length > MAX_DEPTH) this.#fail(`exceeded max depth of ${MAX_DEPTH}`, this.#keys.at(-1)!.mark);
    this.#insert({ type, line: mark.line, at: mark.at }, before);
  }

  #unrollIndent(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#insert({ type: 'block-end', line: this.#line, at: this.#at });
      this.#indent = this.#indents.pop()!;
    }
  }

  /** @param number of the token that it goes in front of */
  #insert(token: Token, number?: number): void {
    if (number === undefined) this.#tokens.push(token);
    else this.#tokens.splice(this.#head + number - this.#parsed, 0, token);
  }

  // Tokens

  #streamEnd(): void {
    if (this.#column !== 0) {
      this.#column = 0;
      this.#line++;
    }
    this.#unrollIndent(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#insert({ type: 'stream-end', line: this.#line, at: this.#at });
  }

  #documentIndicator(type: TokenType): void {
    this.#unrollIndent(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#insert({ type, line: this.#line, at: this.#at });
    for (let count = 0; count < 3; count++) this.#skip();
  }

  #flowStart(type: '[' | '{'): void {
    this.#saveKey();
    this.#keys.push({ possible: false, required: false, tokenNumber: -1, mark: this.#mark() });
    this.#flowLevel++;
    if (this.#flowLevel > MAX_DEPTH) this.#fail(`exceeded max depth of ${MAX_DEPTH}`, this.#mark());
    this.#keyAllowed = true;
    this.#indicator(type);
  }

  #flowEnd(type: ']' | '}'): void {
    this.#removeKey();
    if (this.#flowLevel > 0) {
      this.#flowLevel--;
      this.#keys.pop();
    }
    this.#keyAllowed = false;
    this.#indicator(type);
  }

  #flowEntry(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    this.#indicator('flow-entry');
  }

  #blockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) this.#fail('block sequence entries are not allowed in this context');
      this.#rollIndent(this.#column, 'block-sequence-start', this.#mark());
    }
    this.#removeKey();
    this.#keyAllowed = true;
    this.#indicator('block-entry');
  }

  #explicitKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) this.#fail('mapping keys are not allowed in this context');
      this.#rollIndent(this.#column, 'block-mapping-start', this.#mark());
    }
    this.#removeKey();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#indicator('key');
  }

  #value(): void {
    const key = this.#keys.at(-1)!;
    if (this.#isValid(key)) {
      this.#insert({ type: 'key', line: key.mark.line, at: key.mark.at }, key.tokenNumber);
      this.#rollIndent(key.mark.column, 'block-mapping-start', key.mark, key.tokenNumber);
      key.possible = false;
      this.#keyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) this.#fail('mapping values are not allowed in this context');
        this.#rollIndent(this.#column, 'block-mapping-start', this.#mark());
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#indicator('value');
  }

  #indicator(type: TokenType): void {
    this.#insert({ type, line: this.#line, at: this.#at });
    this.#skip();
  }

  #anchor(type: 'alias' | 'anchor'): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#mark();
    this.#skip();
    const name = this.#skipWhile(isWordLetter);
    const next = this.#letter();
    if (name === '' || !(isBlankOrEnd(next) || '?:,]}%@`'.includes(next))) {
      this.#fail('did not find expected alphabetic or numeric character', start);
    }
    this.#insert({ type, line: start.line, at: start.at, text: name });
  }

  #tag(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#mark();
    let handle = '';
    if (this.#letter(1) === '<') {
      this.#skip();
      this.#skip();
      this.#tagUri(start, '');
      if (this.#letter() !== '>') this.#fail("did not find the expected '>'", start);
      this.#skip();
    } else {
      handle = this.#tagHandle(start, false);
      const isNamed = handle.length > 1 && handle.endsWith('!');
      const suffix = this.#tagUri(start, isNamed ? '' : handle);
      if (!isNamed) handle = suffix === '' ? '' : '!';
    }
    if (!isBlankOrEnd(this.#letter())) this.#fail('did not find expected whitespace or line break', start);
    this.#insert({ type: 'tag', line: start.line, at: start.at, text: handle });
  }

  #tagHandle(start: Mark, isDirective: boolean): string {
    if (this.#letter() !== '!') this.#fail("did not find expected '!'", start);
    this.#skip();
    let handle = `!${this.#skipWhile(isWordLetter)}`;
    if (this.#letter() === '!') {
      handle += '!';
      this.#skip();
    } else if (isDirective && handle !== '!') this.#fail("did not find expected '!'", start);
    return handle;
  }

  #tagUri(start: Mark, head: string): string {
    const uri =
      head.slice(1) + this.#skipWhile((letter) => isWordLetter(letter) || (letter !== '' && ";/?:@&=+$,.!~*'()[]%".includes(letter)));
    if (uri === '' && head === '') this.#fail('did not find expected tag URI', start);
    const escape = /%(?![\da-fA-F]{2})/.test(uri);
    if (escape) this.#fail('did not find URI escaped octet', start);
    return uri;
  }

  #directive(): void {
    this.#unrollIndent(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    const start = this.#mark();
    this.#skip();
    const name = this.#skipWhile(isWordLetter);
    if (name === '') this.#fail('could not find expected directive name', start);
    if (!isBlankOrEnd(this.#letter())) this.#fail('found unexpected non-alphabetical character', start);
    const blanks = (): string => this.#skipWhile(isBlank);
    blanks();
    let operand = '';
    if (name === 'YAML') operand = this.#version(start);
    else if (name === 'TAG') {
      operand = this.#tagHandle(start, true);
      if (blanks() === '') this.#fail('did not find expected whitespace', start);
      this.#tagUri(start, '');
      if (!isBlankOrEnd(this.#letter())) this.#fail('did not find expected whitespace or line break', start);
    } else this.#fail('found unknown directive name', start);
    this.#lineEnd(start);
    this.#insert({ type: 'directive', line: start.line, at: start.at, text: name, operand });
  }

  #version(start: Mark): string {
    const number = (): string => {
      const digits = this.#skipWhile((letter) => /\d/.test(letter));
      if (digits.length > 2) this.#fail('found extremely long version number', start);
      if (digits === '') this.#fail('did not find expected version number', start);
      return digits;
    };
    const major = number();
    if (this.#letter() !== '.') this.#fail("did not find expected digit or '.' character", start);
    this.#skip();
    return `${Number(major)}.${Number(number())}`;
  }

  /** Blanks, a comment, and the line's end. */
  #lineEnd(start: Mark): void {
    this.#skipWhile(isBlank);
    if (this.#letter() === '#') this.#skipWhile((letter) => !isBreakOrEnd(letter));
    if (!isBreakOrEnd(this.#letter())) this.#fail('did not find expected comment or line break', start);
    if (isBreak(this.#letter())) this.#skipLine();
  }

  // Scalars

  #blockScalar(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    const start = this.#mark();
    this.#skip();
    let increment = 0;
    const digit = (): void => {
      if (this.#letter() === '0') this.#fail('found an indentation indicator equal to 0', start);
      if (!/\d/.test(this.#letter())) return;
      increment = Number(this.#letter());
      this.#skip();
    };
    const isChomping = (): boolean => this.#letter() === '+' || this.#letter() === '-';
    if (isChomping()) {
      this.#skip();
      digit();
    } else if (/\d/.test(this.#letter())) {
      digit();
      if (isChomping()) this.#skip();
    }
    this.#lineEnd(start);
    let indent = increment === 0 ? 0 : Math.max(this.#indent, 0) + increment;
    indent = this.#blockBreaks(indent, start);
    while (this.#column === indent && this.#letter() !== '') {
      this.#skipWhile((letter) => !isBreakOrEnd(letter));
      if (isBreak(this.#letter())) this.#skipLine();
      indent = this.#blockBreaks(indent, start);
    }
    this.#insert({ type: 'scalar', line: start.line, at: start.at });
  }

  /** Past empty lines; the indentation, found by the first line that has text. */
  #blockBreaks(indent: number, start: Mark): number {
    let deepest = 0;
    for (;;) {
      while ((indent === 0 || this.#column < indent) && this.#letter() === ' ') this.#skip();
      deepest = Math.max(deepest, this.#column);
      if ((indent === 0 || this.#column < indent) && this.#letter() === '\t') {
        this.#fail('found a tab character where an indentation space is expected', start);
      }
      if (!isBreak(this.#letter())) break;
      this.#skipLine();
    }
    return indent === 0 ? Math.max(deepest, this.#indent + 1, 1) : indent;
  }

  #quoted(mark: string): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#mark();
    this.#skip();
    for (;;) {
      if (this.#atDocumentIndicator()) this.#fail('found unexpected document indicator', start);
      const letter = this.#letter();
      if (letter === '') this.#fail('found unexpected end of stream', start);
      if (isBreak(letter)) this.#skipLine();
      else if (letter === mark && !(mark === "'" && this.#letter(1) === "'")) break;
      else {
        if (letter === mark) this.#skip();
        if (letter === '\\' && mark === '"') this.#escape(start);
        else this.#skip();
      }
    }
    this.#skip();
    this.#insert({ type: 'scalar', line: start.line, at: start.at });
  }

  #escape(start: Mark): void {
    const kind = this.#letter(1);
    const isKnown = kind !== '' && '0abt\tnvfre "\'\\N_LPxuU'.includes(kind);
    if (!isKnown && !isBreak(kind)) this.#fail('found unknown escape character', start);
    this.#skip();
    if (isBreak(kind)) return this.#skipLine();
    this.#skip();
    const length = { x: 2, u: 4, U: 8 }[kind] ?? 0;
    const digits = this.#text.slice(this.#at, this.#at + length);
    if (!/^[\da-fA-F]*$/.test(digits) || digits.length < length) this.#fail('did not find expected hexdecimal number', start);
    const code = parseInt(digits || '0', 16);
    if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) this.#fail('found invalid Unicode character escape code', start);
    for (let count = 0; count < length; count++) this.#skip();
  }

  #plain(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const start = this.#mark();
    const indent = this.#indent + 1;
    let brokeLine = false;
    for (;;) {
      if (this.#atDocumentIndicator() || this.#letter() === '#') break;
      while (!isBlankOrEnd(this.#letter()) && !this.#endsPlain()) {
        brokeLine = false;
        this.#skip();
      }
      if (!isBlank(this.#letter()) && !isBreak(this.#letter())) break;
      while (isBlank(this.#letter()) || isBreak(this.#letter())) {
        if (isBreak(this.#letter())) {
          this.#skipLine();
          brokeLine = true;
          continue;
        }
        if (brokeLine && this.#column < indent && this.#letter() === '\t') {
          this.#fail('found a tab character that violates indentation', start);
        }
        this.#skip();
      }
      if (this.#flowLevel === 0 && this.#column < indent) break;
    }
    this.#insert({ type: 'scalar', line: start.line, at: start.at });
    if (brokeLine) this.#keyAllowed = true;
  }

  #endsPlain(): boolean {
    const letter = this.#letter();
    if (letter === ':' && isBlankOrEnd(this.#letter(1))) return true;
    return this.#flowLevel > 0 && ',?[]{}'.includes(letter);
  }

  // The text

  #letter(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? '';
  }

  #atDocumentIndicator(): boolean {
    if (this.#column !== 0) return false;
    const mark = this.#text.slice(this.#at, this.#at + 3);
    return (mark === '---' || mark === '...') && isBlankOrEnd(this.#letter(3));
  }

  #skip(): void {
    this.#at++;
    this.#column++;
  }

  #skipLine(): void {
    this.#at += this.#letter() === '\r' && this.#letter(1) === '\n' ? 2 : 1;
    this.#line++;
    this.#column = 0;
  }

  #skipWhile(is: (letter: string) => boolean): string {
    const start = this.#at;
    while (this.#at < this.#text.length && is(this.#letter())) this.#skip();
    return this.#text.slice(start, this.#at);
  }

  #mark(): Mark {
    return { at: this.#at, line: this.#line, column: this.#column };
  }

  /** go-yaml tells the line where what is wrong began, unless that is the first, then where it was seen. */
  #fail(problem: string, began: Mark = this.#mark()): never {
    const line = began.line || this.#line;
    throw new ComposeError(`yaml: ${line === 0 ? '' : `line ${line + 1}: `}${problem}`, 15);
  }
}

function isBreak(letter: string): boolean {
  return letter !== '' && '\r\n\u0085\u2028\u2029'.includes(letter);
}

function isBreakOrEnd(letter: string): boolean {
  return letter === '' || isBreak(letter);
}

function isBlank(letter: string): boolean {
  return letter === ' ' || letter === '\t';
}

function isBlankOrEnd(letter: string): boolean {
  return isBlank(letter) || isBreakOrEnd(letter);
}

function isWordLetter(letter: string): boolean {
  return /^[\w-]$/.test(letter);
}
