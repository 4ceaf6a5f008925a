/**
 * What goals and the inspector read of one node's engine: answers to GET requests and the stream of
 * events. Everything goes through the Engine API, so that a lesson sees what any client sees.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import { EngineError } from '#engine/errors.ts';

/** A message of `/events`, with the fields that are looked at. */
export interface EngineMessage {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  time: number;
  timeNano: number;
}

/** More events than the engine itself keeps; older ones are forgotten. */
const keptEvents = 1024;

export class EngineView {
  /** What happened, oldest first, as far as the engine remembers. */
  readonly events: EngineMessage[] = [];
  readonly #api: ApiHandler;
  readonly #listeners = new Set<() => void>();
  #stop: (() => void) | undefined;

  constructor(api: ApiHandler) {
    this.#api = api;
  }

  /** The JSON answer, or undefined when there is no such thing. Throws EngineError for any other failure. */
  async get<T>(path: string, query: Record<string, string> = {}): Promise<T | undefined> {
    const bytes = await this.#bytes(path, query);
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
  }

  /** What a container printed, both streams together in order. */
  async logs(containerId: string, options: { tty: boolean }): Promise<string> {
    const bytes = (await this.#bytes(`/containers/${containerId}/logs`, { stdout: '1', stderr: '1' })) ?? new Uint8Array();
    return new TextDecoder().decode(options.tty ? bytes : withoutFrames(bytes));
  }

  /** Calls back after each event; returns a function that stops it. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows `/events` until the engine ends the stream or `close` is called. Never throws. */
  async follow(): Promise<void> {
    try {
      const response = await this.#api(request('/events', { since: String(this.events.at(-1)?.time ?? 1) }));
      if (response.status !== 200 || response.body.kind !== 'stream') return;
      const chunks = response.body.chunks[Symbol.asyncIterator]();
      const closed = new Promise<void>((resolve) => (this.#stop = resolve));
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        const next = await Promise.race([chunks.next(), closed]);
        if (!next || next.done) {
          void chunks.return?.();
          return;
        }
        rest += decoder.decode(next.value, { stream: true });
        const lines = rest.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.trim()) this.#take(JSON.parse(line) as EngineMessage);
      }
    } catch {
      // The machine or its engine is gone; whoever follows decides whether to come back.
    }
  }

  close(): void {
    this.#stop?.();
    this.#listeners.clear();
  }

  #take(event: EngineMessage): void {
    if (event.timeNano <= (this.events.at(-1)?.timeNano ?? 0)) return;
    this.events.push(event);
    if (this.events.length > keptEvents) this.events.shift();
    for (const listener of [...this.#listeners]) listener();
  }

  async #bytes(path: string, query: Record<string, string>): Promise<Uint8Array | undefined> {
    const response = await this.#api(request(path, query));
    const bytes = await collect(response.body.kind === 'bytes' ? [response.body.bytes] : response.body.kind === 'stream' ? response.body.chunks : []);
    if (response.status === 404) return undefined;
    if (response.status >= 300) throw new EngineError('unknown', messageIn(bytes) ?? `the engine answered ${response.status}`);
    return bytes;
  }
}

function request(path: string, query: Record<string, string>) {
  return {
    method: 'GET',
    path,
    query: new Map(Object.entries(query).map(([name, value]) => [name, [value]])),
    headers: {},
    body: empty(),
  };
}

async function* empty(): AsyncIterable<Uint8Array> {}

async function collect(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Drops the eight-byte frame heads of a log without a terminal. Source: Engine API, "Stream format". */
function withoutFrames(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4);
    const payload = bytes.subarray(at + 8, at + 8 + size);
    out.set(payload, length);
    length += payload.length;
    at += 8 + size;
  }
  return out.subarray(0, length);
}

function messageIn(bytes: Uint8Array): string | undefined {
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
