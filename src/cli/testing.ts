/**
 * A process for tests of the command line: buffers for streams, an object for files, a handler for the
 * daemon. Terminals, signals and slow readers are there when a test asks for them.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import { VirtualClock } from '#engine/clock.ts';
import { FileError, type CliEnvironment, type CliFiles, type CliInput, type CliOutput } from './environment.ts';
import { runCli } from './cli.ts';

export interface FakeOptions {
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** What standard input holds; it ends after that. */
  stdin?: string;
  /** Standard streams are terminals of this size. */
  terminal?: { rows: number; columns: number };
  /** Path → content; directories exist when a file is in them. */
  files?: Record<string, string>;
  /** The daemon; without one nothing answers. */
  handler?: ApiHandler;
  clock?: VirtualClock;
}

export class FakeEnvironment implements CliEnvironment {
  args: string[];
  program = 'docker';
  env: Record<string, string>;
  cwd: string;
  readonly stdin: CliInput & { raw: boolean };
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly files: FakeFiles;
  readonly clock: VirtualClock;
  /** Hosts that were connected to, in order. */
  readonly connected: string[] = [];
  #handler: ApiHandler | undefined;
  #listeners = new Set<(signal: string) => void>();

  constructor(options: FakeOptions = {}) {
    this.args = options.args ?? [];
    this.env = { HOME: '/root', ...options.env };
    this.cwd = options.cwd ?? '/root';
    this.stdout = new FakeOutput(options.terminal);
    this.stderr = new FakeOutput(options.terminal);
    this.files = new FakeFiles(options.files ?? {}, this.cwd);
    this.clock = options.clock ?? new VirtualClock();
    this.#handler = options.handler;
    this.stdin = fakeInput(options.stdin ?? '', options.terminal !== undefined);
  }

  async connect(host: string): Promise<ApiHandler> {
    this.connected.push(host);
    if (!this.#handler) throw new Error('connection refused');
    return this.#handler;
  }

  onSignal(listener: (signal: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends the process a signal. */
  signal(name: string): void {
    for (const listener of [...this.#listeners]) listener(name);
  }
}

export class FakeOutput implements CliOutput {
  text = '';
  readonly isTerminal: boolean;
  #terminal: { rows: number; columns: number } | undefined;
  #decoder = new TextDecoder();

  constructor(terminal?: { rows: number; columns: number }) {
    this.isTerminal = terminal !== undefined;
    this.#terminal = terminal;
  }

  async write(data: Uint8Array | string): Promise<void> {
    this.text += typeof data === 'string' ? data : this.#decoder.decode(data, { stream: true });
  }

  size(): { rows: number; columns: number } | undefined {
    return this.#terminal;
  }
}

class FakeFiles implements CliFiles {
  /** Absolute path → content. */
  readonly contents = new Map<string, Uint8Array>();

  constructor(
    files: Record<string, string>,
    readonly cwd: string,
  ) {
    for (const [path, text] of Object.entries(files)) this.contents.set(this.#resolve(path), new TextEncoder().encode(text));
  }

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.contents.get(this.#resolve(path));
    if (!bytes) throw new FileError('ENOENT', `open ${path}: no such file or directory`);
    return bytes;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.contents.set(this.#resolve(path), bytes);
  }

  async stat(path: string): Promise<{ type: 'file' | 'directory'; sizeBytes: number; mode: number }> {
    const resolved = this.#resolve(path);
    const bytes = this.contents.get(resolved);
    if (bytes) return { type: 'file', sizeBytes: bytes.length, mode: 0o644 };
    if ((await this.list(resolved)).length > 0) return { type: 'directory', sizeBytes: 0, mode: 0o755 };
    throw new FileError('ENOENT', `stat ${path}: no such file or directory`);
  }

  async list(path: string): Promise<string[]> {
    const prefix = `${this.#resolve(path).replace(/\/$/, '')}/`;
    const names = [...this.contents.keys()].filter((name) => name.startsWith(prefix));
    return [...new Set(names.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))].sort();
  }

  async remove(path: string): Promise<void> {
    if (!this.contents.delete(this.#resolve(path))) throw new FileError('ENOENT', `remove ${path}: no such file or directory`);
  }

  #resolve(path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith('/') ? path : `${this.cwd}/${path}`).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }
}

function fakeInput(text: string, isTerminal: boolean): CliInput & { raw: boolean } {
  return {
    isTerminal,
    raw: false,
    async *chunks() {
      if (text !== '') yield new TextEncoder().encode(text);
    },
    async setRaw(raw) {
      this.raw = raw;
    },
  };
}

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
  environment: FakeEnvironment;
}

/** Runs `docker <args>` to its end. */
export async function runDocker(args: string[], options: Omit<FakeOptions, 'args'> = {}): Promise<CliResult> {
  const environment = new FakeEnvironment({ ...options, args });
  const status = await runCli(environment);
  return { status, stdout: environment.stdout.text, stderr: environment.stderr.text, environment };
}
