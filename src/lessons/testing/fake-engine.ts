/** An engine for tests of goals and player: containers and images as data, events on demand. */
import type { ApiHandler } from '#engine/api/http.ts';
import { encodeFrame } from '#engine/api/stdcopy.ts';

export interface FakeContainer {
  name: string;
  image: string;
  state: string;
  exitCode?: number;
  logs?: string;
}

export class FakeEngine {
  containers: FakeContainer[] = [];
  images: string[] = [];
  running = true;
  #past: string[] = [];
  #wake: (() => void) | undefined;
  /** Streams so far; only the newest goes on. */
  #streams = 0;

  event(type: string, action: string, attributes: Record<string, string> = {}): void {
    const count = this.#past.length + 1;
    const message = { Type: type, Action: action, Actor: { ID: 'x', Attributes: attributes }, time: count, timeNano: count * 1e9 };
    this.#past.push(`${JSON.stringify(message)}\n`);
    this.#wake?.();
  }

  /** Ends the event stream; it can be asked for again. */
  endStream(): void {
    this.#streams++;
    this.#wake?.();
  }

  /** Ends the event stream and refuses, as a stopped engine does. */
  stop(): void {
    this.running = false;
    this.#wake?.();
  }

  readonly api: ApiHandler = (request) => {
    if (!this.running) return Promise.resolve(json({ message: 'stopped' }, 503));
    const [, , noun, id, verb] = request.path.split('/');
    if (noun === 'events')
      return Promise.resolve({
        status: 200,
        headers: {},
        body: { kind: 'stream', chunks: this.#events(Number(request.query.get('since')?.[0] ?? 1)) },
      });
    if (noun === 'images') return Promise.resolve(json([{ RepoTags: this.images }]));
    const listed = this.containers.map((one) => ({ Id: one.name, Names: [`/${one.name}`], Image: one.image, State: one.state }));
    if (id === 'json') return Promise.resolve(json(listed));
    const one = this.containers.find((container) => container.name === id);
    if (!one) return Promise.resolve(json({ message: 'no such container' }, 404));
    if (verb === 'logs') return Promise.resolve({ status: 200, headers: {}, body: { kind: 'bytes', bytes: frame(one.logs ?? '') } });
    return Promise.resolve(json({ State: { ExitCode: one.exitCode ?? 0 }, Config: { Tty: false, Image: one.image } }));
  };

  /** @param since in seconds; the fake has one event a second, from 1 */
  async *#events(since: number): AsyncIterable<Uint8Array> {
    const stream = ++this.#streams;
    for (let at = since - 1; ; at++) {
      if (at >= this.#past.length) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (!this.running || stream !== this.#streams) return;
      const line = this.#past[at];
      if (line) yield new TextEncoder().encode(line);
    }
  }
}

function json(value: unknown, status = 200) {
  return { status, headers: {}, body: { kind: 'bytes' as const, bytes: new TextEncoder().encode(JSON.stringify(value)) } };
}

/** Two frames, one per stream, as a log without a terminal comes. */
function frame(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const half = bytes.length >> 1;
  return Uint8Array.from([...encodeFrame('stdout', bytes.subarray(0, half)), ...encodeFrame('stderr', bytes.subarray(half))]);
}
