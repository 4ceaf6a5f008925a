/**
 * A fake process: streams with back-pressure, a terminal's line discipline, signals as the kernel
 * delivers them (the first process of a pid namespace ignores what it has no handler for, but KILL).
 */
import { Channel } from '../../channel.ts';
import type { OutputChunk, Process, ProcessExit, TerminalSize } from '../runtime.ts';
import type { FakeContainer } from './container.ts';
import { Killed, Life } from './life.ts';
import { Input, type Output, type Program, type ProgramContext } from './program.ts';

/** Chunks that a pipe holds before its writer waits; none is larger than `chunkBytes`. */
const capacity = 4;
const chunkBytes = 16384;

/** Signals whose default action is not to end the process. */
const harmless = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

export class FakeProcess implements Process {
  readonly life: Life;
  readonly output = new Channel<OutputChunk>({ capacity });
  readonly exit: Promise<ProcessExit>;
  size: TerminalSize | undefined;
  /** Set by a shell while it runs a child in the foreground. */
  foreground: Life | undefined;
  readonly #input = new Channel<Uint8Array>({ capacity });
  #line = '';

  constructor(
    readonly pid: number,
    readonly container: FakeContainer,
    readonly isInit: boolean,
    readonly terminal: boolean,
    stdinOpen: boolean,
    /** Time enough for what the kernel does after the last process ended. */
    afterExit: () => Promise<void>,
    start: (process: FakeProcess) => { program: Program; context: Omit<ProgramContext, 'stdin' | 'stdout' | 'stderr'> },
  ) {
    this.life = new Life(container.gate);
    if (!stdinOpen && !terminal) this.#input.end();
    const { program, context } = start(this);
    this.exit = this.#run(program, context, afterExit);
  }

  async #run(
    program: Program,
    context: Omit<ProgramContext, 'stdin' | 'stdout' | 'stderr'>,
    afterExit: () => Promise<void>,
  ): Promise<ProcessExit> {
    let code: number;
    try {
      await Promise.resolve();
      code = await program({
        ...context,
        stdin: new Input(this.#input, this.life),
        stdout: this.#writer('stdout'),
        stderr: this.#writer('stderr'),
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      code = 128 + error.signal;
    }
    this.#input.end();
    this.output.end();
    await afterExit();
    return { code: code & 0xff, oomKilled: this.container.oomKilled };
  }

  #writer(stream: 'stdout' | 'stderr'): Output {
    const name = this.terminal ? 'stdout' : stream;
    return async (data) => {
      let bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      if (this.terminal) bytes = new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/\r?\n/g, '\r\n'));
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        await this.life.alive(this.output.write({ stream: name, bytes: bytes.slice(at, at + chunkBytes) }));
      }
    };
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.terminal) return this.#feed(bytes);
    for (const character of new TextDecoder().decode(bytes)) await this.#typed(character);
  }

  async #feed(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunkBytes) await this.#input.write(bytes.slice(at, at + chunkBytes));
  }

  async closeInput(): Promise<void> {
    if (!this.terminal) this.#input.end();
  }

  async resize(size: TerminalSize): Promise<void> {
    this.size = size;
    this.signal(28);
  }

  async kill(): Promise<void> {
    this.life.kill(9);
  }

  signal(signal: number): void {
    const handler = this.life.handlers.get(signal);
    if (signal === 9) this.life.kill(9);
    else if (handler) handler();
    else if (!this.isInit && !harmless.has(signal)) this.life.kill(signal);
  }

  /** Canonical mode: echo, lines, Ctrl-C, Ctrl-D, backspace. */
  async #typed(character: string): Promise<void> {
    if (character === '\x03') {
      this.#echo('^C\r\n');
      this.#line = '';
      this.foreground?.kill(2);
      this.signal(2);
    } else if (character === '\x04') {
      // A terminal's end of file is an empty read; the next read may have more.
      await this.#input.write(new TextEncoder().encode(this.#line));
      this.#line = '';
    } else if (character === '\x7f') {
      if (this.#line !== '') this.#echo('\b \b');
      this.#line = this.#line.slice(0, -1);
    } else if (character === '\r' || character === '\n') {
      this.#echo('\r\n');
      const line = this.#line + '\n';
      this.#line = '';
      await this.#input.write(new TextEncoder().encode(line));
    } else {
      this.#echo(character);
      this.#line += character;
    }
  }

  #echo(text: string): void {
    void this.output.write({ stream: 'stdout', bytes: new TextEncoder().encode(text) });
  }
}
