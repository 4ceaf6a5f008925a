/**
 * `.env` files: names and values, one a line, with quotes, escapes, comments, `export` and `${…}` of what came before.
 * Source: compose-go v2.6.3 dotenv.
 */
import { quote } from '#engine/go-quote.ts';
import { substitute, type Lookup } from './substitute.ts';

export interface DotEnvOptions {
  lookup?: Lookup;
  warn: (message: string) => void;
  /** Set already: they are seen by `${…}` and are written over. */
  into?: Record<string, string>;
}

/**
 * The variables of a file. A name without a value is that of `lookup`, or left out.
 *
 * @throws Error in Compose's words: `line 7: key cannot contain a space`
 */
export function parseDotEnv(text: string, options: DotEnvOptions): Record<string, string> {
  return new DotEnvParser(options).parse(text.replace(/^\uFEFF/, ''));
}

const UNICODE_SPACE = /[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const LINE_SPACE = /[\t\v\f\r \u0085\u00A0]/;
const LETTER_OR_NUMBER = /[\p{L}\p{N}]/u;

class DotEnvParser {
  readonly #variables: Record<string, string>;
  readonly #lookup: Lookup;
  readonly #warn: (message: string) => void;
  #text = '';
  #at = 0;
  #line = 1;

  constructor({ lookup, warn, into }: DotEnvOptions) {
    this.#variables = into ?? (Object.create(null) as Record<string, string>);
    this.#lookup = lookup ?? (() => undefined);
    this.#warn = warn;
  }

  parse(text: string): Record<string, string> {
    this.#text = text;
    while (this.#toStatement()) {
      const { key, inherited } = this.#key();
      if (key.includes(' ')) throw new Error(`line ${this.#line}: key cannot contain a space`);
      if (!inherited) this.#variables[key] = this.#value();
      else {
        const value = this.#lookup(key);
        if (value !== undefined) this.#variables[key] = value;
      }
    }
    return this.#variables;
  }

  /** Past blanks and comments; false at the end. */
  #toStatement(): boolean {
    for (;;) {
      let found = false;
      for (; this.#at < this.#text.length && !found; this.#at++) {
        if (this.#text[this.#at] === '\n') this.#line++;
        found = !UNICODE_SPACE.test(this.#text[this.#at]!);
      }
      if (!found) return false;
      this.#at--;
      if (this.#text[this.#at] !== '#') return true;
      const end = this.#text.indexOf('\n', this.#at);
      if (end < 0) return false;
      this.#at = end;
    }
  }

  #key(): { key: string; inherited: boolean } {
    const exported = /^export\s+/.exec(this.#text.slice(this.#at, this.#at + 100));
    if (exported) {
      this.#at += 'export'.length;
      this.#skip(LINE_SPACE);
    }
    const start = this.#at;
    let end = -1;
    let inherited = false;
    for (const letter of this.#text.slice(start)) {
      if (LINE_SPACE.test(letter) || /[_.\-[\]]/.test(letter) || LETTER_OR_NUMBER.test(letter)) {
        this.#at += letter.length;
        continue;
      }
      if (!'=:\n'.includes(letter)) {
        const line = this.#text.slice(start).split('\n', 1)[0] ?? '';
        throw new Error(`line ${this.#line}: unexpected character ${quote(letter)} in variable name ${quote(line)}`);
      }
      end = this.#at++;
      inherited = letter === '\n';
      break;
    }
    if (start === this.#text.length) throw new Error('zero length string');
    if (end < 0) {
      // A last line without its end is no name: Compose takes an empty one, and the rest for its value.
      this.#at = start;
      end = start;
    }
    const raw = this.#text.slice(start, end);
    if (inherited && !raw.includes(' ')) this.#line++;
    this.#skip(LINE_SPACE);
    return { key: raw.replace(new RegExp(`${UNICODE_SPACE.source}+$`), ''), inherited };
  }

  #skip(what: RegExp): void {
    while (this.#at < this.#text.length && what.test(this.#text[this.#at]!)) this.#at++;
  }

  #value(): string {
    const quoteMark = this.#text[this.#at];
    if (quoteMark === '"' || quoteMark === "'") return this.#quoted(quoteMark);
    const end = this.#text.indexOf('\n', this.#at);
    const line = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 1;
    this.#line++;
    const value = line.split(' #', 1)[0] ?? '';
    return this.#expand(value.replace(new RegExp(`${UNICODE_SPACE.source}+$`), ''));
  }

  #quoted(mark: string): string {
    let value = '';
    let escaped = false;
    for (let index = this.#at + 1; index < this.#text.length; index++) {
      const letter = this.#text[index]!;
      if (letter === '\n') this.#line++;
      if (letter === mark && !escaped) {
        this.#at = index + 1;
        return mark === '"' ? this.#expand(unescape(value)) : value;
      }
      if (letter === '\\' && !escaped) {
        escaped = true;
        continue;
      }
      value += escaped && letter !== mark ? `\\${letter}` : letter;
      escaped = false;
    }
    const line = this.#text.slice(this.#at).split('\n', 1)[0] ?? '';
    throw new Error(`line ${this.#line}: unterminated quoted value ${line}`);
  }

  #expand(value: string): string {
    return substitute(value, { lookup: (name) => this.#lookup(name) ?? this.#variables[name], warn: this.#warn });
  }
}

const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' };

function unescape(text: string): string {
  return text.replace(/\\(?:[abcfnrtv$"\\]|0\d{0,3})/g, (escape) => {
    if (escape === '\\$') return '$$';
    if (escape.startsWith('\\0')) {
      // `\0123` is Go's `\123`: three octal digits, no more than a byte.
      const digits = escape.slice(2, 5);
      return /^[0-7]{3}$/.test(digits) && parseInt(digits, 8) < 256 ? String.fromCharCode(parseInt(digits, 8)) : escape;
    }
    return ESCAPES[escape.slice(1)] ?? escape;
  });
}
