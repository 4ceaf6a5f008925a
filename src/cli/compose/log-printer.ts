/**
 * The lines that containers print, each behind its container's name: `web-1  | …`. Names are padded to the longest known
 * so far, and coloured one after the other.
 * Source: docker/compose 2.26.1 cmd/formatter/{logs,colors}.go.
 */
import type { CliOutput } from '../environment.ts';
import type { Exit } from './container-watch.ts';

export const CLEAR_LINE = '\x1b[2K';
/** Cyan, yellow, green, magenta, blue; then the same bold. */
const COLORS = ['36', '33', '32', '35', '34', '36;1', '33;1', '32;1', '35;1', '34;1'];

/** Whose lines are those of a watch; no container is called so. */
export const WATCH_LOGGER = '#watch';
const WATCH_COLOR = '92';

export interface LogPrinterOptions {
  out: CliOutput;
  err: CliOutput;
  color: boolean;
  prefix: boolean;
  /** Puts the time of each line before it; the function says what time it is, in milliseconds. */
  now?: (() => number) | undefined;
}

export class LogPrinter {
  readonly #options: LogPrinterOptions;
  /** Colour by name. */
  readonly #names = new Map<string, string | undefined>();
  #width = 0;
  #written = Promise.resolve();

  constructor(options: LogPrinterOptions) {
    this.#options = options;
  }

  /** Makes a name known before it prints. */
  register(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.set(name, this.#options.color ? this.#colorFor(name) : undefined);
    this.#width = Math.max(this.#width, name.length + 1);
  }

  #colorFor(name: string): string | undefined {
    if (name === WATCH_LOGGER) return WATCH_COLOR;
    const others = [...this.#names.keys()].filter((other) => other !== WATCH_LOGGER);
    return COLORS[others.length % COLORS.length];
  }

  /** One or more lines without the last newline, to standard output or standard error. */
  log(name: string, message: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    this.register(name);
    const { out, err, prefix, now } = this.#options;
    const shown = name === WATCH_LOGGER ? `${' '.repeat(this.#width)} ⦿ ` : `${name.padEnd(this.#width)} | `;
    const start = prefix ? paint(shown, this.#names.get(name)) : '';
    const time = now ? `${new Date(now()).toISOString().slice(0, -1)}000000Z ` : '';
    return this.#write(async () => {
      for (const line of message.split('\n')) {
        // Compose clears the line on standard output whatever it prints to, and terminal or not.
        if (stream === 'stdout') await out.write(`${CLEAR_LINE}${start}${time}${line}\n`);
        else {
          await out.write(CLEAR_LINE);
          await err.write(`${start}${time}${line}\n`);
        }
      }
    });
  }

  /** What happened to a container: `exited with code 0`. */
  status(name: string, message: string): Promise<void> {
    this.register(name);
    const text = paint(`${name} ${message}\n`, this.#names.get(name));
    return this.#write(() => this.#options.out.write(text));
  }

  async exit({ name, code, isReplaced }: Exit): Promise<void> {
    await this.status(name, `exited with code ${code}`);
    if (isReplaced) await this.status(name, 'has been recreated');
  }

  /** A line of nobody. */
  note(text: string, output = this.#options.out): Promise<void> {
    return this.#write(() => output.write(text));
  }

  /** Lines of several containers never mix. */
  #write(action: () => Promise<void>): Promise<void> {
    const written = this.#written.then(action);
    this.#written = written.catch(() => {});
    return written;
  }
}

function paint(text: string, color: string | undefined): string {
  return color === undefined ? text : `\x1b[${color}m${text}\x1b[0m`;
}

/** A stream of bytes as an output whose every line goes to `onLine`; `end` gives what has no newline after it. */
export class LineOutput implements CliOutput {
  readonly isTerminal = false;
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => Promise<void>;
  #rest = '';

  constructor(onLine: (line: string) => Promise<void>) {
    this.#onLine = onLine;
  }

  async write(data: Uint8Array | string): Promise<void> {
    this.#rest += typeof data === 'string' ? data : this.#decoder.decode(data, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) await this.#onLine(line);
  }

  async end(): Promise<void> {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') await this.#onLine(rest);
  }

  size(): undefined {
    return undefined;
  }
}
