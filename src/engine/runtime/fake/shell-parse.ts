/**
 * Parser of the fake shell: words with quotes, variables and substitutions; lists, pipelines,
 * redirections; `for`, `while`, `until`, `if`, `{ }` and `( )`. What tests and lessons type, not POSIX.
 */

export type WordPart =
  | { kind: 'text'; text: string; quoted: boolean }
  | { kind: 'variable'; name: string; fallback?: string; quoted: boolean }
  | { kind: 'arithmetic'; expression: string; quoted: boolean }
  | { kind: 'substitution'; script: Script; quoted: boolean };

export type Word = WordPart[];

export interface Redirect {
  descriptor: number;
  kind: '>' | '>>' | '<' | '>&';
  target: Word;
}

export type Command =
  | { kind: 'simple'; assignments: { name: string; value: Word }[]; words: Word[]; redirects: Redirect[] }
  | { kind: 'for'; name: string; words: Word[]; body: Script; redirects: Redirect[] }
  | { kind: 'while'; until: boolean; condition: Script; body: Script; redirects: Redirect[] }
  | { kind: 'if'; branches: { condition: Script; body: Script }[]; otherwise: Script; redirects: Redirect[] }
  | { kind: 'group'; subshell: boolean; body: Script; redirects: Redirect[] };

export interface Pipeline {
  negate: boolean;
  commands: Command[];
}

export interface Statement {
  first: Pipeline;
  rest: { operator: '&&' | '||'; pipeline: Pipeline }[];
  background: boolean;
}

export type Script = Statement[];

export class ShellSyntaxError extends Error {}

const closers = new Set(['do', 'done', 'then', 'else', 'elif', 'fi', '}', ')']);

export function parseShell(source: string): Script {
  const parser = new Parser(source);
  const script = parser.script();
  parser.expectEnd();
  return script;
}

class Parser {
  #at = 0;

  constructor(readonly source: string) {}

  expectEnd(): void {
    if (this.#at < this.source.length) throw new ShellSyntaxError(`syntax error: unexpected "${this.source[this.#at] as string}"`);
  }

  script(): Script {
    const statements: Script = [];
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.source.length || closers.has(this.#peekWord()) || this.source[this.#at] === ')') return statements;
      statements.push(this.#statement());
    }
  }

  #statement(): Statement {
    const first = this.#pipeline();
    const rest: Statement['rest'] = [];
    for (;;) {
      this.#skip();
      const operator = this.source.slice(this.#at, this.#at + 2);
      if (operator !== '&&' && operator !== '||') break;
      this.#at += 2;
      this.#skip(true);
      rest.push({ operator, pipeline: this.#pipeline() });
    }
    const background = this.source[this.#at] === '&';
    if (background || this.source[this.#at] === ';') this.#at++;
    return { first, rest, background };
  }

  #pipeline(): Pipeline {
    const negate = this.#keyword('!');
    const commands = [this.#command()];
    for (;;) {
      this.#skip();
      if (this.source[this.#at] !== '|' || this.source[this.#at + 1] === '|') return { negate, commands };
      this.#at++;
      this.#skip(true);
      commands.push(this.#command());
    }
  }

  #command(): Command {
    this.#skip();
    if (this.source[this.#at] === '(') {
      this.#at++;
      const body = this.script();
      this.#require(')');
      return { kind: 'group', subshell: true, body, redirects: this.#redirects() };
    }
    if (this.#keyword('{')) {
      const body = this.script();
      this.#require('}');
      return { kind: 'group', subshell: false, body, redirects: this.#redirects() };
    }
    if (this.#keyword('for')) return this.#for();
    if (this.#keyword('while')) return this.#while(false);
    if (this.#keyword('until')) return this.#while(true);
    if (this.#keyword('if')) return this.#if();
    return this.#simple();
  }

  #for(): Command {
    this.#skip();
    const name = /^\w+/.exec(this.source.slice(this.#at))?.[0] ?? '';
    this.#at += name.length;
    const words: Word[] = [];
    if (this.#keyword('in')) for (let word = this.#word(); word; word = this.#word()) words.push(word);
    this.#endOfWords();
    const body = this.#doDone();
    return { kind: 'for', name, words, body, redirects: this.#redirects() };
  }

  #while(until: boolean): Command {
    const condition = this.script();
    const body = this.#doDone();
    return { kind: 'while', until, condition, body, redirects: this.#redirects() };
  }

  #doDone(): Script {
    this.#require('do');
    const body = this.script();
    this.#require('done');
    return body;
  }

  #if(): Command {
    const branches: { condition: Script; body: Script }[] = [];
    let otherwise: Script = [];
    do {
      const condition = this.script();
      this.#require('then');
      branches.push({ condition, body: this.script() });
    } while (this.#keyword('elif'));
    if (this.#keyword('else')) otherwise = this.script();
    this.#require('fi');
    return { kind: 'if', branches, otherwise, redirects: this.#redirects() };
  }

  #simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      this.#skip();
      const redirect = this.#redirect();
      if (redirect) {
        redirects.push(redirect);
        continue;
      }
      const assignment = words.length === 0 ? /^(\w+)=/.exec(this.source.slice(this.#at)) : null;
      if (assignment) {
        this.#at += assignment[0].length;
        assignments.push({ name: assignment[1] as string, value: this.#wordHere() });
        continue;
      }
      const word = this.#word();
      if (!word) break;
      words.push(word);
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) {
      throw new ShellSyntaxError(`syntax error: unexpected "${this.source[this.#at] ?? 'end of file'}"`);
    }
    return { kind: 'simple', assignments, words, redirects };
  }

  #redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    for (;;) {
      this.#skip();
      const redirect = this.#redirect();
      if (!redirect) return redirects;
      redirects.push(redirect);
    }
  }

  #redirect(): Redirect | undefined {
    const match = /^(\d?)(>>|>&|>|<)/.exec(this.source.slice(this.#at));
    if (!match) return undefined;
    this.#at += match[0].length;
    this.#skip();
    const kind = match[2] as Redirect['kind'];
    const descriptor = match[1] ? Number(match[1]) : kind === '<' ? 0 : 1;
    return { descriptor, kind, target: this.#wordHere() };
  }

  #word(): Word | undefined {
    this.#skip();
    const next = this.source[this.#at];
    if (next === undefined || ';&|<>()\n'.includes(next)) return undefined;
    return this.#wordHere();
  }

  #wordHere(): Word {
    const parts: Word = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: false });
      text = '';
    };
    for (;;) {
      const next = this.source[this.#at];
      if (next === undefined || ' \t\n;&|<>()'.includes(next)) break;
      if (next === "'") {
        flush();
        const end = this.source.indexOf("'", this.#at + 1);
        if (end < 0) throw new ShellSyntaxError('syntax error: unterminated quoted string');
        parts.push({ kind: 'text', text: this.source.slice(this.#at + 1, end), quoted: true });
        this.#at = end + 1;
      } else if (next === '"') {
        flush();
        parts.push(...this.#doubleQuoted());
      } else if (next === '\\') {
        flush();
        parts.push({ kind: 'text', text: this.source[this.#at + 1] ?? '', quoted: true });
        this.#at += 2;
      } else if (next === '$' || next === '`') {
        const expansion = this.#expansion(false);
        if (!expansion) text += this.source[this.#at++];
        else {
          flush();
          parts.push(expansion);
        }
      } else {
        text += next;
        this.#at++;
      }
    }
    flush();
    return parts;
  }

  #doubleQuoted(): WordPart[] {
    this.#at++;
    const parts: WordPart[] = [];
    let text = '';
    for (;;) {
      const next = this.source[this.#at];
      if (next === undefined) throw new ShellSyntaxError('syntax error: unterminated quoted string');
      if (next === '"') break;
      if (next === '\\' && '"\\$`'.includes(this.source[this.#at + 1] ?? ' ')) {
        text += this.source[this.#at + 1];
        this.#at += 2;
        continue;
      }
      const expansion = next === '$' || next === '`' ? this.#expansion(true) : undefined;
      if (!expansion) {
        text += next;
        this.#at++;
      } else {
        parts.push({ kind: 'text', text, quoted: true }, expansion);
        text = '';
      }
    }
    this.#at++;
    parts.push({ kind: 'text', text, quoted: true });
    return parts;
  }

  #expansion(quoted: boolean): WordPart | undefined {
    const rest = this.source.slice(this.#at);
    if (rest.startsWith('$((')) {
      let depth = 2;
      let end = 3;
      for (; end < rest.length && depth > 0; end++) depth += rest[end] === '(' ? 1 : rest[end] === ')' ? -1 : 0;
      if (depth > 0) throw new ShellSyntaxError('syntax error: missing "))"');
      end -= 2;
      this.#at += end + 2;
      return { kind: 'arithmetic', expression: rest.slice(3, end), quoted };
    }
    if (rest.startsWith('$(') || rest.startsWith('`')) {
      const backquote = rest.startsWith('`');
      this.#at += backquote ? 1 : 2;
      if (backquote) {
        const end = this.source.indexOf('`', this.#at);
        const script = parseShell(this.source.slice(this.#at, end));
        this.#at = end + 1;
        return { kind: 'substitution', script, quoted };
      }
      const script = this.script();
      this.#require(')');
      return { kind: 'substitution', script, quoted };
    }
    const braced = /^\$\{(\w+|[?#@*])(?::-([^}]*))?\}/.exec(rest);
    const match = braced ?? /^\$(\w+|[?#@*$])/.exec(rest);
    if (!match) return undefined;
    this.#at += match[0].length;
    return { kind: 'variable', name: match[1] as string, ...(braced?.[2] === undefined ? {} : { fallback: braced[2] }), quoted };
  }

  #peekWord(): string {
    return /^[^\s;&|<>()]+/.exec(this.source.slice(this.#at))?.[0] ?? '';
  }

  #keyword(word: string): boolean {
    this.#skip(true);
    if (this.#peekWord() !== word) return false;
    this.#at += word.length;
    return true;
  }

  #require(word: string): void {
    this.#skip(true);
    if (!this.source.startsWith(word, this.#at)) throw new ShellSyntaxError(`syntax error: unexpected end of file (expecting "${word}")`);
    this.#at += word.length;
  }

  #endOfWords(): void {
    this.#skip();
    if (this.source[this.#at] === ';') this.#at++;
  }

  #skip(newlines = false): void {
    for (;;) {
      const next = this.source[this.#at];
      if (next === '#') while (this.#at < this.source.length && this.source[this.#at] !== '\n') this.#at++;
      else if (next === ' ' || next === '\t' || (newlines && (next === '\n' || next === ';'))) this.#at++;
      else if (next === '\\' && this.source[this.#at + 1] === '\n') this.#at += 2;
      else return;
    }
  }
}
