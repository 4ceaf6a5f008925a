/**
 * Shell words: takes quotes and escapes off and puts the values of `$name` and `${name…}` in, with all modifiers.
 * Source: BuildKit 0.22 frontend/dockerfile/shell; its results and errors are the measure.
 */
import { quote } from '../../../go-quote.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import { isSpace } from '../go-space.ts';
import { substitute, trimMatching } from './modifiers.ts';

/** What variables there are. */
export interface Environment {
  get(name: string): string | undefined;
  keys(): Iterable<string>;
}

export interface LexerOptions {
  /** Quotes stay in the result. */
  rawQuotes?: boolean;
  /** Escapes stay in the result. */
  rawEscapes?: boolean;
  /** Quotes are characters like others. */
  skipQuotes?: boolean;
  /** Variables that are not set stay as written. */
  skipUnset?: boolean;
}

export interface Expansion {
  result: string;
  /** The result taken apart at blanks that came from outside of quotes. */
  words: string[];
  /** Names that had a value, and those that had none. */
  matched: Set<string>;
  unmatched: Set<string>;
}

/** A longer result is refused; the kernel takes no argument or variable of more than 128 KiB. */
const maxResultLength = 1 << 20;
/** `${a:-${b:-…}}` deeper than this is refused. */
const maxDepth = 200;

export class ShellLexer {
  constructor(
    private readonly escape: string,
    private readonly options: LexerOptions = {},
  ) {}

  /** @throws DockerfileError `failed to process "…": …` */
  process(word: string, environment: Environment): Expansion {
    try {
      return new Expander(word, environment, this.escape, this.options).expand();
    } catch (error) {
      if (!(error instanceof DockerfileError)) throw error;
      throw new DockerfileError(`failed to process ${quote(word)}: ${error.message}`);
    }
  }
}

/** Words as they come in; nested expansions share the one being made, as BuildKit's do. */
interface Words {
  list: string[];
  inWord: boolean;
}

class Expander {
  private readonly chars: string[];
  private at = 0;
  private depth = 0;
  private length = 0;
  private word = '';
  private rawEscapes: boolean;
  private readonly matched = new Set<string>();
  private readonly unmatched = new Set<string>();

  constructor(
    source: string,
    private readonly environment: Environment,
    private readonly escape: string,
    private readonly options: LexerOptions,
  ) {
    this.chars = [...source.replace(/^\uFEFF/, '')];
    this.rawEscapes = options.rawEscapes ?? false;
  }

  expand(): Expansion {
    const { result, words } = this.until(undefined, this.rawEscapes);
    return { result, words, matched: this.matched, unmatched: this.unmatched };
  }

  /** Reads up to a character, or to the end. */
  private until(stop: string | undefined, rawEscapes: boolean): { result: string; words: string[] } {
    if (++this.depth > maxDepth) throw new DockerfileError('substitutions nested too deeply');
    const before = this.rawEscapes;
    this.rawEscapes = rawEscapes;
    const words: Words = { list: [], inWord: false };
    this.word = '';
    let result = '';
    const add = (text: string): void => {
      result += text;
      this.length += text.length;
      if (this.length > maxResultLength) throw new DockerfileError(`result greater than max allowed size of ${maxResultLength}`);
    };
    for (let char = this.peek(); char !== undefined; char = this.peek()) {
      if (char === stop) {
        this.at++;
        this.depth--;
        this.rawEscapes = before;
        return { result, words: this.endWords(words) };
      }
      const special = this.special(char);
      if (special !== undefined) {
        add(special);
        if (char === '$') for (const letter of special) this.addChar(words, letter);
        else this.addRaw(words, special);
        continue;
      }
      this.at++;
      if (char !== this.escape) {
        this.addChar(words, char);
        add(char);
        continue;
      }
      if (this.rawEscapes) {
        this.addRaw(words, char);
        add(char);
      }
      // The escape at the end of all is dropped.
      const escaped = this.next();
      if (escaped === undefined) break;
      this.addRaw(words, escaped);
      add(escaped);
    }
    this.rawEscapes = before;
    if (stop !== undefined) throw new DockerfileError(`unexpected end of statement while looking for matching ${stop}`);
    this.depth--;
    return { result, words: this.endWords(words) };
  }

  /** What a character that starts something stands for. */
  private special(char: string): string | undefined {
    if (char === '$') return this.dollar();
    if (char === '<') return this.lessThan();
    if (this.options.skipQuotes) return undefined;
    if (char === "'") return this.singleQuoted();
    return char === '"' ? this.doubleQuoted() : undefined;
  }

  private singleQuoted(): string {
    const end = this.chars.indexOf("'", this.at + 1);
    if (end < 0) throw new DockerfileError('unexpected end of statement while looking for matching single-quote');
    const inner = this.chars.slice(this.at + 1, end).join('');
    this.at = end + 1;
    return this.options.rawQuotes ? `'${inner}'` : inner;
  }

  private doubleQuoted(): string {
    this.at++;
    let inner = '';
    for (let char = this.peek(); char !== '"'; char = this.peek()) {
      if (char === undefined) throw new DockerfileError('unexpected end of statement while looking for matching double-quote');
      if (char === '$') {
        inner += this.dollar();
        continue;
      }
      this.at++;
      if (char !== this.escape) {
        inner += char;
        continue;
      }
      if (this.rawEscapes) inner += char;
      const escaped = this.peek();
      if (escaped === undefined) continue;
      // Only these are escaped; the escape before another character stays.
      const escapes = escaped === '"' || escaped === '$' || escaped === this.escape;
      inner += escapes ? escaped : char;
      if (escapes) this.at++;
    }
    this.at++;
    return this.options.rawQuotes ? `"${inner}"` : inner;
  }

  /** `<<` and the blanks after it stay together, so that `<< EOF` is one word. */
  private lessThan(): string {
    this.at++;
    if (this.peek() !== '<') return '<';
    const start = this.at++;
    while (/^[\t\r ]$/.test(this.peek() ?? '')) this.at++;
    return `<${this.chars.slice(start, this.at).join('')}`;
  }

  private dollar(): string {
    this.at++;
    if (this.peek() === '{') return this.braces();
    const name = this.name();
    if (name === '') return '$';
    const value = this.lookUp(name);
    return value === undefined && this.options.skipUnset ? `$${name}` : (value ?? '');
  }

  private braces(): string {
    this.at++;
    const first = this.peek();
    if (first === undefined) throw missing('}');
    if (first === '{' || first === '}' || first === ':') throw new DockerfileError('syntax error: bad substitution');
    const name = this.name();
    const modifier = this.next();
    switch (modifier) {
      case '}': {
        const value = this.lookUp(name);
        return value === undefined && this.options.skipUnset ? `\${${name}}` : (value ?? '');
      }
      case ':':
        return this.withDefault(name, this.next(), ':');
      case '+':
      case '-':
      case '?':
      case '#':
      case '%':
        return this.withDefault(name, modifier, '');
      case '/':
        return this.replacing(name);
      default:
        throw unsupported(modifier ?? '\ufffd');
    }
  }

  /** `${name:-word}`, `+`, `?`, and `#`, `%` without colon. */
  private withDefault(name: string, modifier: string | undefined, colon: '' | ':'): string {
    const written = colon + (modifier ?? '\ufffd');
    const trims = modifier === '#' || modifier === '%';
    if (colon && trims) throw unsupported(written);
    const word = this.upTo('}', '}', trims);
    const value = this.lookUp(name);
    if (this.options.skipUnset && value === undefined) return `\${${name}${written}${word}}`;
    const missingValue = value === undefined || (colon === ':' && value === '');
    switch (modifier) {
      case '-':
        return missingValue ? word : value;
      case '+':
        return missingValue ? '' : word;
      case '?':
        if (!missingValue) return value;
        throw new DockerfileError(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
      case '#':
      case '%':
        return trimMatching(value ?? '', word, modifier);
      default:
        throw unsupported(written);
    }
  }

  /** `${name/pattern/replacement}`, or `//` for all. */
  private replacing(name: string): string {
    const all = this.peek() === '/';
    if (all) this.at++;
    const pattern = this.upTo('/', '/', true, "missing '/' in ${}");
    const replacement = this.upTo('}', '}', true);
    const value = this.lookUp(name);
    if (this.options.skipUnset && value === undefined) return `\${${name}/${pattern}/${replacement}}`;
    return substitute(value ?? '', pattern, replacement, { all });
  }

  private upTo(stop: string, expected: string, rawEscapes: boolean, message = `missing '${expected}'`): string {
    try {
      return this.until(stop, rawEscapes).result;
    } catch (error) {
      if (error instanceof DockerfileError && this.peek() === undefined) throw new DockerfileError(`syntax error: ${message}`);
      throw error;
    }
  }

  /** Letters, digits and `_`; a number; or one special parameter. */
  private name(): string {
    const first = this.peek();
    if (first === undefined) return '';
    if (/^\p{Nd}$/u.test(first)) return this.take(/^\p{Nd}$/u);
    if ('@*#?-$!'.includes(first)) {
      this.at++;
      return first;
    }
    return this.take(/^[\p{L}\p{Nd}_]$/u);
  }

  private take(pattern: RegExp): string {
    const start = this.at;
    while (this.at < this.chars.length && pattern.test(this.chars[this.at]!)) this.at++;
    return this.chars.slice(start, this.at).join('');
  }

  private lookUp(name: string): string | undefined {
    const value = this.environment.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }

  private peek(): string | undefined {
    return this.chars[this.at];
  }

  private next(): string | undefined {
    return this.chars[this.at++];
  }

  private addChar(words: Words, char: string): void {
    if (!isSpace(char)) this.addRaw(words, char);
    else if (words.inWord && this.word !== '') {
      words.list.push(this.word);
      this.word = '';
      words.inWord = false;
    }
  }

  private addRaw(words: Words, text: string): void {
    this.word += text;
    words.inWord = true;
  }

  private endWords(words: Words): string[] {
    if (this.word !== '') words.list.push(this.word);
    this.word = '';
    return words.list;
  }
}

function missing(char: string): DockerfileError {
  return new DockerfileError(`syntax error: missing '${char}'`);
}

function unsupported(modifier: string): DockerfileError {
  return new DockerfileError(`unsupported modifier (${modifier}) in substitution`);
}
