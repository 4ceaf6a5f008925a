/** What a fake program sees of its process: arguments, environment, streams, time, files. */
import type { FakeContainer } from './container.ts';
import type { Life } from './life.ts';

export type Program = (context: ProgramContext) => Promise<number>;

export interface ProgramContext {
  /** `args[0]` is the name it was called by. */
  args: string[];
  env: Map<string, string>;
  cwd: string;
  uid: number;
  gid: number;
  pid: number;
  terminal: boolean;
  container: FakeContainer;
  life: Life;
  stdin: Input;
  stdout: Output;
  stderr: Output;
  sleep(ms: number): Promise<void>;
  now(): number;
  /** Runs another program as a child and returns its exit code. */
  run(child: ChildOptions): Promise<number>;
}

export interface ChildOptions {
  args: string[];
  env?: Map<string, string>;
  cwd?: string;
  stdin?: Input;
  stdout?: Output;
  stderr?: Output;
}

export type Output = (data: string | Uint8Array) => Promise<void>;

/** What several readers of one input share: a read that was given up keeps its bytes for the next. */
interface Source {
  chunks: AsyncIterator<Uint8Array>;
  rest: Uint8Array;
  pending?: Promise<IteratorResult<Uint8Array>> | undefined;
}

/** Standard input, by chunks or by lines. */
export class Input {
  readonly #source: Source;
  readonly #life: Life;

  constructor(from: AsyncIterable<Uint8Array> | Input, life: Life) {
    this.#source = from instanceof Input ? from.#source : { chunks: from[Symbol.asyncIterator](), rest: new Uint8Array() };
    this.#life = life;
  }

  /** The next bytes; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    const source = this.#source;
    if (source.rest.length > 0) {
      const rest = source.rest;
      source.rest = new Uint8Array();
      return rest;
    }
    source.pending ??= source.chunks.next();
    const next = await this.#life.alive(source.pending);
    source.pending = undefined;
    return next.done || next.value.length === 0 ? undefined : next.value;
  }

  /** The next line without its newline; undefined at the end. */
  async line(): Promise<string | undefined> {
    let bytes = new Uint8Array();
    for (;;) {
      const end = bytes.indexOf(10);
      if (end >= 0) {
        this.#source.rest = bytes.slice(end + 1);
        return new TextDecoder().decode(bytes.slice(0, end));
      }
      const more = await this.read();
      if (!more) return bytes.length > 0 ? new TextDecoder().decode(bytes) : undefined;
      bytes = concat(bytes, more);
    }
  }

  async text(): Promise<string> {
    let bytes = new Uint8Array();
    for (let more = await this.read(); more; more = await this.read()) bytes = concat(bytes, more);
    return new TextDecoder().decode(bytes);
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
