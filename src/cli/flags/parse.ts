/**
 * pflag's rules for an argument list: `-it`, `-p80:80`, `-p=80:80`, `--flag=value`, `--flag value`, `--`.
 * Positional arguments may stand between flags unless the command ends its flags at the first one.
 * Error texts are pflag's. Values are set in the order given; the first error ends the parse.
 */
import type { FlagDeclaration, FlagSyntax } from './declaration.ts';
import { quote } from '#engine/go-quote.ts';
import { syntaxOf } from './syntax.ts';
import { messageOf } from '#engine/errors.ts';

export interface ParseOptions {
  flags: FlagDeclaration[];
  /** Meanings of single flags, by name, that replace those of their type. */
  syntax?: Record<string, FlagSyntax>;
  /** The first positional argument and all after it are positional. */
  stopAtArgument: boolean;
}

/** What was given on a command line. Reading a flag that the command does not have is a programmer's error. */
export class ParsedFlags {
  readonly #values = new Map<string, unknown>();
  readonly #changed = new Set<string>();
  /** Positional arguments. */
  args: string[] = [];
  /** `--help` or `-h` was given. */
  help = false;
  /** Lines that pflag prints about deprecated flags. */
  warnings: string[] = [];

  /** Whether the flag was given, even with its default. */
  changed(name: string): boolean {
    return this.#changed.has(name);
  }

  bool(name: string): boolean {
    return this.value<boolean>(name);
  }

  string(name: string): string {
    return this.value<string>(name);
  }

  /** Of the types that are a number: `int`, `uint16`, `bytes`, `decimal` (billionths), `duration` (nanoseconds), … */
  number(name: string): number {
    return this.value<number>(name);
  }

  list(name: string): string[] {
    return this.value<string[]>(name);
  }

  value<T>(name: string): T {
    if (!this.#values.has(name)) throw new Error(`the command has no flag --${name}`);
    return this.#values.get(name) as T;
  }

  set(name: string, value: unknown, changed: boolean): void {
    this.#values.set(name, value);
    if (changed) this.#changed.add(name);
  }
}

/** Thrown for an argument list that pflag refuses. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

const HELP_SHORTHAND_WARNING = 'Flag shorthand -h has been deprecated, use --help\n';

export function parseFlags(args: readonly string[], options: ParseOptions): ParsedFlags {
  return new FlagParser(options).parse(args);
}

class FlagParser {
  readonly #parsed = new ParsedFlags();
  readonly #byName = new Map<string, FlagDeclaration>();
  readonly #byLetter = new Map<string, FlagDeclaration>();
  readonly #syntaxes = new Map<string, FlagSyntax>();
  #rest: string[] = [];

  constructor(readonly options: ParseOptions) {
    this.#parsed.set('help', false, false);
    for (const flag of options.flags) {
      this.#byName.set(flag.name, flag);
      if (flag.shorthand !== '') this.#byLetter.set(flag.shorthand, flag);
      const syntax = options.syntax?.[flag.name] ?? syntaxOf(flag);
      this.#syntaxes.set(flag.name, syntax);
      this.#parsed.set(flag.name, syntax.initial, false);
    }
  }

  parse(args: readonly string[]): ParsedFlags {
    this.#rest = [...args];
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (word === '--') {
        this.#parsed.args.push(...this.#rest);
        break;
      }
      if (!word.startsWith('-') || word === '-') {
        this.#parsed.args.push(word);
        if (!this.options.stopAtArgument) continue;
        this.#parsed.args.push(...this.#rest);
        break;
      }
      if (word.startsWith('--')) this.#long(word);
      else this.#short(word.slice(1));
    }
    return this.#parsed;
  }

  #long(word: string): void {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${word}`);
    const flag = this.#byName.get(name);
    if (name === 'help') {
      this.#set(flag ?? HELP, equals < 0 ? 'true' : word.slice(equals + 1));
      this.#parsed.help = this.#parsed.bool('help');
      return;
    }
    if (!flag) throw new FlagError(`unknown flag: --${name}`);
    const bare = this.#syntaxes.get(name)?.bare;
    if (equals >= 0) this.#set(flag, word.slice(equals + 1));
    else if (bare !== undefined) this.#set(flag, bare);
    else this.#set(flag, this.#next(`flag needs an argument: ${word}`));
  }

  /** One or more letters without the dash; the last of them may carry a value. */
  #short(letters: string): void {
    for (let rest = letters; rest !== ''; rest = rest.slice(1)) {
      const letter = rest.slice(0, 1);
      const flag = this.#byLetter.get(letter);
      if (!flag && letter === 'h') {
        this.#parsed.help = true;
        this.#parsed.warnings.push(HELP_SHORTHAND_WARNING);
        continue;
      }
      if (!flag) throw new FlagError(`unknown shorthand flag: ${firstByte(letter)} in -${rest}`);
      const bare = this.#syntaxes.get(flag.name)?.bare;
      if (rest.length > 2 && rest[1] === '=') return this.#set(flag, rest.slice(2));
      if (bare !== undefined) {
        this.#set(flag, bare);
        continue;
      }
      if (rest.length > 1) return this.#set(flag, rest.slice(1));
      return this.#set(flag, this.#next(`flag needs an argument: '${letter}' in -${rest}`));
    }
  }

  #next(complaint: string): string {
    const value = this.#rest.shift();
    if (value === undefined) throw new FlagError(complaint);
    return value;
  }

  #set(flag: FlagDeclaration, text: string): void {
    const syntax = this.#syntaxes.get(flag.name) ?? syntaxOf(flag);
    try {
      const value = syntax.set(this.#parsed.value(flag.name), text, this.#parsed.changed(flag.name));
      this.#parsed.set(flag.name, value, true);
    } catch (error) {
      const name = flag.shorthand === '' ? `--${flag.name}` : `-${flag.shorthand}, --${flag.name}`;
      throw new FlagError(`invalid argument ${quote(text)} for "${name}" flag: ${messageOf(error)}`);
    }
    if (flag.deprecated) this.#parsed.warnings.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}\n`);
  }
}

const HELP: FlagDeclaration = { name: 'help', shorthand: '', type: 'bool', usage: 'Print usage', defaultText: '', hidden: true };

/** pflag looks at bytes: a letter outside ASCII is named by its first one. */
function firstByte(letter: string): string {
  const byte = new TextEncoder().encode(letter)[0] ?? 0;
  return `'${String.fromCharCode(byte)}'`;
}
