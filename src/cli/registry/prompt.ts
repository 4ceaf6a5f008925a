/**
 * Asks a person for a line, on a terminal; for a password nothing shows while it is typed.
 * Source: docker/cli internal/prompt.
 */
import type { CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';

/** The status of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

export class Prompt {
  readonly #context: CommandContext;
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #typed = '';

  constructor(context: CommandContext) {
    this.#context = context;
    this.#input = context.environment.stdin.chunks()[Symbol.asyncIterator]();
  }

  /** A line, without blanks around it; empty at the end of the input. */
  async line(question: string): Promise<string> {
    await this.#context.out(question);
    while (!/[\r\n]/.test(this.#typed) && (await this.#more()));
    const [line = ''] = this.#typed.split(/\r\n|\r|\n/, 1);
    this.#typed = this.#typed.slice(line.length).replace(/^(?:\r\n|\r|\n)/, '');
    return line.trim();
  }

  /** A line that does not show. The terminal is raw meanwhile, so its editing keys are ours. */
  async hidden(question: string): Promise<string> {
    const { stdin } = this.#context.environment;
    await stdin.setRaw(true);
    try {
      await this.#context.out(question);
      return (await this.#edited()).trim();
    } finally {
      await stdin.setRaw(false);
      await this.#context.out('\n');
    }
  }

  async #edited(): Promise<string> {
    let line: string[] = [];
    for (;;) {
      const keys = [...this.#typed];
      while (keys.length > 0) {
        const key = keys.shift()!;
        this.#typed = keys.join('');
        if (key === '\r' || key === '\n') return line.join('');
        if (key === '\x03') throw new ExitError(INTERRUPTED, '');
        if (key === '\x04' && line.length === 0) return '';
        if (key === '\x7f' || key === '\b') line.pop();
        else if (key === '\x15') line = [];
        else if (key >= ' ') line.push(key);
      }
      if (!(await this.#more())) return line.join('');
    }
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#input.next();
    if (done) return false;
    this.#typed += this.#decoder.decode(value, { stream: true });
    return true;
  }
}
