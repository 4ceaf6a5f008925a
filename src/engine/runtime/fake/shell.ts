/**
 * The fake shell: runs what shell-parse.ts understood, from `-c`, from a script on standard input, or
 * line by line with a prompt on a terminal.
 */
import { Channel } from '../../channel.ts';
import { resolvePath } from './files.ts';
import { Killed } from './life.ts';
import { Input, type Output, type Program, type ProgramContext } from './program.ts';
import { type Command, type Pipeline, parseShell, type Redirect, type Script, ShellSyntaxError, type Word } from './shell-parse.ts';

/** Leaves the shell from wherever it is. */
class Exit extends Error {
  constructor(readonly code: number) {
    super('exit');
  }
}

class LoopControl extends Error {
  constructor(readonly leave: boolean) {
    super('loop');
  }
}

interface Streams {
  stdin: Input;
  stdout: Output;
  stderr: Output;
}

export const shell: Program = async (context) => {
  const at = context.args.indexOf('-c');
  const runner = new Shell(context, at > 0 ? context.args.slice(at + 2) : []);
  if (at > 0) return runner.runAll(context.args[at + 1] ?? '');
  if (context.args.length > 1 && !(context.args[1] as string).startsWith('-')) {
    const file = context.container.files.get(resolvePath(context.cwd, context.args[1] as string));
    if (!file) {
      await context.stderr(`sh: can't open '${context.args[1] as string}'\n`);
      return 2;
    }
    return runner.runAll(file.content);
  }
  return runner.interactive();
};

class Shell {
  #status = 0;
  #cwd: string;
  #env: Map<string, string>;
  #jobs: Promise<unknown>[] = [];

  constructor(
    readonly context: ProgramContext,
    readonly positional: string[],
  ) {
    this.#cwd = context.cwd;
    this.#env = new Map(context.env);
  }

  async runAll(source: string): Promise<number> {
    try {
      await this.#script(parseShell(source), this.context);
      return this.#status;
    } catch (error) {
      return this.#ended(error);
    }
  }

  async interactive(): Promise<number> {
    const { stdin, stdout, terminal } = this.context;
    // An interactive shell goes on after Ctrl-C and does not end on TERM.
    for (const signal of [2, 15]) this.context.life.handlers.set(signal, () => undefined);
    for (;;) {
      if (terminal) await stdout(`${this.#cwd} # `);
      const line = await stdin.line();
      if (line === undefined) {
        if (terminal) await stdout('\n');
        return this.#status;
      }
      try {
        await this.#script(parseShell(line), this.context);
      } catch (error) {
        if (error instanceof ShellSyntaxError && terminal) {
          await this.context.stderr(`sh: ${error.message}\n`);
          this.#status = 2;
        } else return this.#ended(error);
      }
    }
  }

  async #ended(error: unknown): Promise<number> {
    if (error instanceof Exit) return error.code;
    if (!(error instanceof ShellSyntaxError)) throw error;
    await this.context.stderr(`sh: ${error.message}\n`);
    return 2;
  }

  async #script(script: Script, streams: Streams): Promise<void> {
    for (const statement of script) {
      const run = async (): Promise<void> => {
        await this.#pipeline(statement.first, streams);
        for (const { operator, pipeline } of statement.rest) {
          if ((this.#status === 0) === (operator === '&&')) await this.#pipeline(pipeline, streams);
        }
      };
      if (statement.background) this.#jobs.push(run().catch(() => undefined));
      else await run();
    }
  }

  async #pipeline(pipeline: Pipeline, streams: Streams): Promise<void> {
    let stdin = streams.stdin;
    const running: Promise<void>[] = [];
    for (const [index, command] of pipeline.commands.entries()) {
      const last = index === pipeline.commands.length - 1;
      if (last) {
        running.push(this.#command(command, { ...streams, stdin }));
        break;
      }
      const pipe = new Channel<Uint8Array>({ capacity: 16 });
      const stdout: Output = (data) => this.#intoPipe(pipe, data);
      const from = stdin;
      running.push(this.#command(command, { ...streams, stdin: from, stdout }).finally(() => pipe.end()));
      stdin = new Input(pipe, this.context.life);
    }
    await Promise.all(running);
    if (pipeline.negate) this.#status = this.#status === 0 ? 1 : 0;
  }

  async #intoPipe(pipe: Channel<Uint8Array>, data: string | Uint8Array): Promise<void> {
    await this.context.life.alive(pipe.write(typeof data === 'string' ? new TextEncoder().encode(data) : data));
  }

  async #command(command: Command, outer: Streams): Promise<void> {
    const streams = await this.#redirected(command.redirects, outer);
    if (!streams) return;
    switch (command.kind) {
      case 'simple':
        return this.#simple(command, streams);
      case 'group':
        return command.subshell ? this.#subshell(command.body, streams) : this.#script(command.body, streams);
      case 'for':
        for (const value of await this.#words(command.words)) {
          this.#env.set(command.name, value);
          if (await this.#loopBody(command.body, streams)) break;
        }
        return;
      case 'while':
        for (;;) {
          await this.#script(command.condition, streams);
          if ((this.#status === 0) === command.until) break;
          if (await this.#loopBody(command.body, streams)) break;
          await this.context.life.alive(Promise.resolve());
        }
        this.#status = 0;
        return;
      case 'if':
        for (const branch of command.branches) {
          await this.#script(branch.condition, streams);
          if (this.#status === 0) return this.#script(branch.body, streams);
        }
        this.#status = 0;
        return this.#script(command.otherwise, streams);
    }
  }

  /** Runs a loop's body; true to leave the loop. */
  async #loopBody(body: Script, streams: Streams): Promise<boolean> {
    try {
      await this.#script(body, streams);
      return false;
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error;
      return error.leave;
    }
  }

  async #subshell(body: Script, streams: Streams): Promise<void> {
    const [env, cwd] = [new Map(this.#env), this.#cwd];
    try {
      await this.#script(body, streams);
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      this.#status = error.code;
    } finally {
      this.#env = env;
      this.#cwd = cwd;
    }
  }

  async #simple(command: Extract<Command, { kind: 'simple' }>, streams: Streams): Promise<void> {
    const words = await this.#words(command.words);
    const assigned = new Map<string, string>();
    for (const { name, value } of command.assignments) assigned.set(name, (await this.#word(value)).join(' '));
    if (words.length === 0) {
      for (const [name, value] of assigned) this.#env.set(name, value);
      this.#status = 0;
      return;
    }
    if (await this.#builtin(words, streams)) return;
    const env = new Map([...this.#env, ...assigned]);
    if (words[0] === 'exec') throw new Exit(await this.#child(words.slice(1), env, streams));
    try {
      this.#status = await this.#child(words, env, streams);
    } catch (error) {
      // A child was killed by Ctrl-C: the shell goes on, unless it was killed itself.
      if (!(error instanceof Killed) || this.context.life.killedBy !== undefined) throw error;
      this.#status = 128 + error.signal;
    }
  }

  #child(args: string[], env: Map<string, string>, { stdin, stdout, stderr }: Streams): Promise<number> {
    return this.context.run({ args, env, cwd: this.#cwd, stdin, stdout, stderr });
  }

  async #builtin(words: string[], streams: Streams): Promise<boolean> {
    const [name, ...args] = words as [string, ...string[]];
    this.#status = 0;
    switch (name) {
      case ':':
        return true;
      case 'exit':
        throw new Exit(args[0] === undefined ? this.#status : Number(args[0]) & 0xff);
      case 'break':
        throw new LoopControl(true);
      case 'continue':
        throw new LoopControl(false);
      case 'cd':
        return this.#changeDirectory(args[0] ?? this.#env.get('HOME') ?? '/', streams);
      case 'export':
        for (const pair of args) if (pair.includes('=')) this.#env.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
        return true;
      case 'set':
        return true;
      case 'unset':
        for (const variable of args) this.#env.delete(variable);
        return true;
      case 'read': {
        const line = await streams.stdin.line();
        this.#env.set(args.at(-1) ?? 'REPLY', line ?? '');
        this.#status = line === undefined ? 1 : 0;
        return true;
      }
      case 'wait':
        await this.context.life.alive(Promise.all(this.#jobs));
        return true;
      case 'trap':
        this.#trap(args);
        return true;
      default:
        return false;
    }
  }

  async #changeDirectory(path: string, streams: Streams): Promise<boolean> {
    const target = resolvePath(this.#cwd, path);
    if (this.context.container.files.get(target)?.type === 'directory') {
      this.#cwd = target;
      this.#env.set('PWD', target);
    } else {
      await streams.stderr(`sh: cd: can't cd to ${path}: No such file or directory\n`);
      this.#status = 2;
    }
    return true;
  }

  #trap(args: string[]): void {
    const numbers: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, USR1: 10, USR2: 12, TERM: 15 };
    const action = args[0] ?? '';
    for (const name of args.slice(1)) {
      const number = numbers[name.replace(/^SIG/, '')] ?? Number(name);
      if (!number) continue;
      this.context.life.handlers.set(number, () => {
        void this.runAll(action).then((code) => {
          // `exit` inside a handler ends the shell and whatever it waits for.
          if (/\bexit\b/.test(action)) this.context.life.kill(code - 128);
        });
      });
    }
  }

  async #redirected(redirects: Redirect[], outer: Streams): Promise<Streams | undefined> {
    const streams = { ...outer };
    const files = this.context.container.files;
    for (const redirect of redirects) {
      const target = (await this.#word(redirect.target)).join(' ');
      const path = resolvePath(this.#cwd, target);
      if (redirect.kind === '>&') {
        const output = target === '2' ? streams.stderr : streams.stdout;
        if (redirect.descriptor === 2) streams.stderr = output;
        else streams.stdout = output;
      } else if (redirect.kind === '<') {
        const file = files.get(path);
        if (!file) {
          await outer.stderr(`sh: can't open ${target}: no such file\n`);
          this.#status = 1;
          return undefined;
        }
        const bytes = new TextEncoder().encode(file.content);
        const chunks = (async function* () {
          yield bytes;
        })();
        streams.stdin = new Input(chunks, this.context.life);
      } else {
        const toNull = path === '/dev/null';
        if (!toNull) files.write(path, '', redirect.kind === '>>');
        const output: Output = async (data) => {
          if (!toNull) files.write(path, typeof data === 'string' ? data : new TextDecoder().decode(data), true);
        };
        if (redirect.descriptor === 2) streams.stderr = output;
        else streams.stdout = output;
      }
    }
    return streams;
  }

  async #words(words: Word[]): Promise<string[]> {
    const out: string[] = [];
    for (const word of words) out.push(...(await this.#word(word)));
    return out;
  }

  /** Expands one word: unquoted expansions split at white space. */
  async #word(word: Word): Promise<string[]> {
    const fields: string[] = [];
    let current: string | undefined;
    for (const part of word) {
      const text = part.kind === 'text' ? part.text : await this.#expand(part);
      if (part.quoted || part.kind === 'text') {
        current = (current ?? '') + text;
        continue;
      }
      const pieces = text.split(/\s+/);
      for (const [index, piece] of pieces.entries()) {
        if (index > 0 && current !== undefined) {
          fields.push(current);
          current = undefined;
        }
        if (piece !== '') current = (current ?? '') + piece;
      }
    }
    if (current !== undefined) fields.push(current);
    return fields;
  }

  async #expand(part: Exclude<Word[number], { kind: 'text' }>): Promise<string> {
    if (part.kind === 'arithmetic') return String(arithmetic(part.expression, (name) => Number(this.#variable(name) || 0)));
    if (part.kind === 'variable') return this.#variable(part.name) || (part.fallback ?? '');
    let text = '';
    const stdout: Output = async (data) => {
      text += typeof data === 'string' ? data : new TextDecoder().decode(data);
    };
    await this.#subshell(part.script, { ...this.context, stdout });
    return text.replace(/\n+$/, '');
  }

  #variable(name: string): string {
    if (name === '?') return String(this.#status);
    if (name === '$') return String(this.context.pid);
    if (name === '#') return String(Math.max(0, this.positional.length - 1));
    if (name === '@' || name === '*') return this.positional.slice(1).join(' ');
    if (/^\d+$/.test(name)) return this.positional[Number(name)] ?? '';
    return this.#env.get(name) ?? '';
  }
}

/** Integers, variables, parentheses and + - * / %. */
function arithmetic(expression: string, variable: (name: string) => number): number {
  const tokens = expression.match(/\d+|\w+|[-+*/%()]/g) ?? [];
  let at = 0;
  const sum = (): number => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') value = tokens[at++] === '+' ? value + product() : value - product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (tokens[at] === '*' || tokens[at] === '/' || tokens[at] === '%') {
      const operator = tokens[at++];
      const right = factor();
      value = operator === '*' ? value * right : operator === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const factor = (): number => {
    const token = tokens[at++] ?? '0';
    if (token === '-') return -factor();
    if (token === '(') {
      const value = sum();
      at++;
      return value;
    }
    return /^\d/.test(token) ? Number(token) : variable(token);
  };
  return sum();
}
