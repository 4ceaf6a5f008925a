/**
 * What goals and the inspector read of one node's engine: answers to GET requests and the events so far.
 * Everything goes through the Engine API, so that a lesson sees what any client sees.
 */
import { ApiClient, ApiError, type QueryValues } from '#engine/api/client.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import { FrameReader } from '#engine/api/stdcopy.ts';
import type { BuildCheckLine, BuildLineOutcome } from '#engine/api/types/build.ts';
import type { EventMessage } from '#engine/api/types/system.ts';
import { concatBytes } from '#engine/bytes.ts';
import { packTar } from '#engine/oci/tar-writer.ts';

/** More events than the engine itself keeps; older ones are forgotten. */
const keptEvents = 1024;

/** Something that is to be said about lines of a file. */
export interface Finding {
  severity: 'warning' | 'error';
  message: string;
  /** Of warnings: the check's name, and where it is explained. */
  rule?: string;
  url?: string;
  /** From 1, inclusive. */
  startLine: number;
  endLine: number;
}

export class EngineView {
  /** What happened, oldest first, as far as the engine remembers. */
  readonly events: EventMessage[] = [];
  readonly #client: ApiClient;
  readonly #listeners = new Set<() => void>();
  #closed = false;
  #leave: (() => void) | undefined;

  constructor(api: ApiHandler) {
    this.#client = new ApiClient(api);
  }

  /** The JSON answer, or undefined when there is no such thing. Throws ApiError for any other failure. */
  async get<T>(path: string, query: QueryValues = {}): Promise<T | undefined> {
    try {
      return await this.#client.get<T>(path, { query });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** What a container printed, both streams together in order. */
  async logs(containerId: string, options: { tty: boolean }): Promise<string> {
    const { chunks } = await this.#client.stream(`/containers/${containerId}/logs`, { query: { stdout: true, stderr: true } });
    const decoder = new TextDecoder();
    const frames = new FrameReader();
    let text = '';
    for await (const chunk of chunks) {
      for (const bytes of options.tty ? [chunk] : frames.push(chunk).map((frame) => frame.bytes))
        text += decoder.decode(bytes, { stream: true });
    }
    return text;
  }

  /** What the build checks say about a Dockerfile, line by line; base images are taken as they are written. */
  async checkDockerfile(text: string): Promise<Finding[]> {
    const content = new TextEncoder().encode(text);
    const body = concatBytes(packTar([{ path: 'Dockerfile', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content }]));
    const query = { version: 2, check: true, resolve: false };
    const findings: Finding[] = [];
    let wrong: number[] = [];
    for await (const line of await this.#client.messages<BuildCheckLine>('/build', { method: 'POST', query, body })) {
      if (line.id === 'drydock.build.source') wrong = line.aux.lines.filter(([, , meant]) => meant).map(([number]) => number);
      if (line.id === 'drydock.build.check') {
        for (const { rule, message, url, startLine, endLine } of line.aux.warnings)
          findings.push({ severity: 'warning', message, rule, url, startLine, endLine });
      }
      if (line.error !== undefined) {
        const message = line.error.replace(/^failed to solve: (dockerfile parse error on line \d+: )?/, '');
        findings.push({ severity: 'error', message, startLine: wrong[0] ?? 1, endLine: wrong.at(-1) ?? 1 });
      }
    }
    return findings;
  }

  /** What the last build of a Dockerfile of this text did with its lines. */
  buildOutcomes(text: string): Promise<BuildLineOutcome[]> {
    return this.#client.post<BuildLineOutcome[]>('/build/lines', { body: new TextEncoder().encode(text) });
  }

  /** Calls back after each event; returns a function that stops it. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows `/events` until the engine ends the stream or `close` is called. Never throws. */
  async follow(): Promise<void> {
    const closed = new Promise<undefined>((resolve) => (this.#leave = () => resolve(undefined)));
    // Events are asked for by the second, so that the last second's come again.
    const since = this.events.at(-1)?.time ?? 1;
    const again = this.events.filter((event) => (event.time ?? 0) >= since).map(identity);
    try {
      const messages = await this.#client.messages<EventMessage>('/events', { query: { since } });
      const reader = messages[Symbol.asyncIterator]();
      while (!this.#closed) {
        const next = await Promise.race([reader.next(), closed]);
        if (!next) void reader.return?.();
        if (!next || next.done) return;
        const known = again.indexOf(identity(next.value));
        if (known >= 0) again.splice(known, 1);
        else this.#take(next.value);
      }
    } catch {
      // The machine or its engine is gone; whoever follows decides whether to come back.
    }
  }

  close(): void {
    this.#closed = true;
    this.#leave?.();
    this.#listeners.clear();
  }

  #take(event: EventMessage): void {
    this.events.push(event);
    if (this.events.length > keptEvents) this.events.shift();
    for (const listener of [...this.#listeners]) listener();
  }
}

function identity({ Type, Action, Actor, timeNano }: EventMessage): string {
  return [timeNano, Type, Action, Actor.ID].join(' ');
}
