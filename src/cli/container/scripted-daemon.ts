/**
 * A daemon for tests: answers requests by method and path as told, a container whose streams and end the
 * test holds in its hands, and a list of what was asked.
 */
import { connectionPair, type ClosableConnection } from '#engine/api/connection.ts';
import type { ApiBody, ApiHandler, ApiRequest, ApiResponse } from '#engine/api/http.ts';
import { encodeFrame } from '#engine/api/stdcopy.ts';
import { Channel } from '#engine/channel.ts';

export interface Answer {
  status?: number;
  json?: unknown;
  body?: ApiBody;
}

/** Method and path without version, as `POST /containers/create`; what comes first counts. */
export type Answers = Record<string, Answer | ((request: ApiRequest) => Answer | Promise<Answer>)>;

const encoder = new TextEncoder();

/** An answer of JSON documents, a line each. */
export function jsonLines(...messages: readonly object[]): Answer {
  return { body: { kind: 'bytes', bytes: encoder.encode(messages.map((message) => `${JSON.stringify(message)}\n`).join('')) } };
}

export class ScriptedDaemon {
  /** `POST /containers/create?name=web`, in the order asked; without pings. */
  readonly asked: string[] = [];

  constructor(readonly answers: Answers) {}

  readonly handler: ApiHandler = async (request): Promise<ApiResponse> => {
    const path = request.path.replace(/^\/v[\d.]+/, '');
    if (path === '/_ping') return { status: 200, headers: { 'Api-Version': '1.50' }, body: { kind: 'empty' } };
    const query = [...request.query].map(([name, values]) => `${name}=${values.join(',')}`).sort();
    this.asked.push(`${request.method} ${path}${query.length > 0 ? `?${query.join('&')}` : ''}`);
    const found = this.answers[`${request.method} ${path}`] ?? {
      status: 404,
      json: { message: `No such container: ${path.split('/')[2]}` },
    };
    const { status = 200, json, body } = typeof found === 'function' ? await found(request) : found;
    if (body) return { status, headers: {}, body };
    return json === undefined
      ? { status, headers: {}, body: { kind: 'empty' } }
      : { status, headers: {}, body: { kind: 'bytes', bytes: encoder.encode(JSON.stringify(json)) } };
  };
}

/** A container with the id `c0ffee`, whose process does what the test says. */
export class ScriptedContainer {
  /** The process's end of the attached streams. */
  connection: ClosableConnection | undefined;
  /** What it has read from standard input. */
  received = '';
  inputEnded = false;
  #waits: Channel<Uint8Array>[] = [];

  /** @param started what happens when it is started: an answer, and what the process does */
  constructor(readonly started: (container: ScriptedContainer) => Answer | Promise<Answer>) {}

  readonly answers: Answers = {
    'POST /containers/create': { status: 201, json: { Id: 'c0ffee', Warnings: [] } },
    'POST /containers/c0ffee/attach': { status: 101, body: { kind: 'hijack', run: (connection) => this.#attach(connection) } },
    'POST /containers/c0ffee/wait': () => {
      const answers = new Channel<Uint8Array>();
      this.#waits.push(answers);
      return { body: { kind: 'stream', chunks: answers } };
    },
    'POST /containers/c0ffee/start': () => this.started(this),
    'POST /containers/c0ffee/kill': { status: 204 },
    'POST /containers/c0ffee/resize': {},
  };

  async print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    await this.connection?.write(encodeFrame(stream, encoder.encode(text)));
  }

  /** With a terminal there are no frames. */
  async printRaw(text: string): Promise<void> {
    await this.connection?.write(encoder.encode(text));
  }

  /** The streams end. */
  endOutput(): void {
    this.connection?.close();
  }

  /** The process ends, and whoever waits is told. */
  exit(code: number): void {
    for (const wait of this.#waits) {
      wait.push(encoder.encode(JSON.stringify({ StatusCode: code })));
      wait.end();
    }
  }

  async #attach(theirs: {
    input: AsyncIterable<Uint8Array>;
    write: (bytes: Uint8Array) => Promise<void>;
    closed: Promise<void>;
  }): Promise<void> {
    const [ours, process] = connectionPair();
    this.connection = process;
    const decoder = new TextDecoder();
    const read = async (): Promise<void> => {
      for await (const chunk of theirs.input) this.received += decoder.decode(chunk, { stream: true });
      this.inputEnded = true;
    };
    void read().catch(() => {});
    const write = async (): Promise<void> => {
      for await (const chunk of ours.input) await theirs.write(chunk);
    };
    await Promise.race([write(), theirs.closed]);
  }
}
