/** A running `docker` command in the guest: what it was given, its streams, its signals, and its end. */
import type { Channel } from './channel.ts';
import { frameType } from './frames.ts';
import type { PayloadReader } from './payload.ts';

interface StubStream {
  channel: number;
  isTerminal: boolean;
}

/** What the agent and the stub itself say of it, before channels are made. */
export interface StubHello {
  /** Node that it runs on. */
  node: number;
  /** Node whose daemon's socket it came through; 0: it reached none, see `unreachable`. */
  daemon: number;
  pid: number;
  uid: number;
  gid: number;
  streams: readonly [StubStream, StubStream, StubStream];
  size: { rows: number; columns: number };
  /** Why its daemon did not answer, an error number; 0 when it did. */
  unreachable: number;
  program: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

export function decodeHello(r: PayloadReader): StubHello {
  const [node, daemon, pid, uid, gid] = [r.u32(), r.u32(), r.u32(), r.u32(), r.u32()] as const;
  const stream = (): StubStream => ({ channel: r.u32(), isTerminal: r.u8() === 1 });
  const streams = [stream(), stream(), stream()] as const;
  const size = { rows: r.u16(), columns: r.u16() };
  const unreachable = r.u32();
  r.u8(); // foreground, the agent's business
  const program = r.text();
  const args = r.texts(r.u32());
  // Without a prototype: a variable may have any name, and none is set that the caller did not set.
  const env = Object.create(null) as Record<string, string>;
  for (const [name, value] of r.texts(r.u32()).map(splitVariable)) env[name] = value;
  return { node, daemon, pid, uid, gid, streams, size, unreachable, program, args, env, cwd: r.text() };
}

function splitVariable(variable: string): [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}

/** What a stub needs of the client. */
export interface StubPort {
  send(type: number, id: number, payload?: Uint8Array): void;
}

export class Stub {
  readonly #port: StubPort;
  readonly #signalListeners = new Set<(signal: number) => void>();
  readonly stdin: Channel;
  readonly stdout: Channel;
  readonly stderr: Channel;
  /** Resolves when the process has ended, by `exit` or otherwise. */
  readonly gone: Promise<void>;
  #settleGone = (): void => {};
  #isGone = false;
  size: { rows: number; columns: number };

  constructor(
    port: StubPort,
    readonly id: number,
    readonly hello: StubHello,
    channels: { stdin: Channel; stdout: Channel; stderr: Channel },
  ) {
    this.#port = port;
    this.stdin = channels.stdin;
    this.stdout = channels.stdout;
    this.stderr = channels.stderr;
    this.size = hello.size;
    this.gone = new Promise((resolve) => (this.#settleGone = resolve));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Called with each signal number that it gets, SIGWINCH (28) after `size` was updated. Returns a function that stops it. */
  onSignal(listener: (signal: number) => void): () => void {
    this.#signalListeners.add(listener);
    return () => this.#signalListeners.delete(listener);
  }

  /** Raw mode of its terminal, or back; the agent puts it back in any case when the stub ends. */
  setRaw(raw: boolean): void {
    if (!this.#isGone) this.#port.send(frameType.stubRaw, this.id, Uint8Array.of(raw ? 1 : 0));
  }

  /** Ends it with this code, after everything that was written to its streams. */
  async exit(code: number): Promise<void> {
    await Promise.all([this.stdout.flushed(), this.stderr.flushed()]);
    if (!this.#isGone) this.#port.send(frameType.stubExit, this.id, Uint8Array.of(code & 0xff));
    await this.gone;
  }

  // --- for the client ---

  handleSignal(signal: number): void {
    for (const listener of [...this.#signalListeners]) listener(signal);
  }

  handleGone(): void {
    this.#isGone = true;
    for (const channel of [this.stdin, this.stdout, this.stderr]) channel.detach();
    this.#settleGone();
  }
}
