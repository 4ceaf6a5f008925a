/**
 * The typed client of the Engine API that command line, lessons and page use. Builds requests, reads answers,
 * turns error answers into `ApiError`. Which paths exist and what bodies look like is in `types/`.
 */
import { concatBytes } from '../bytes.ts';
import type { ApiBody, ApiHandler, ApiResponse, Connection } from './http.ts';
import { mapStream } from './answer.ts';
import { connectionPair } from './connection.ts';
import { apiVersion, atLeast } from './version.ts';

/** An answer with status 400 or more; the message is the daemon's. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type QueryValues = Record<string, string | number | boolean | readonly string[] | undefined>;

export interface CallOptions {
  /** Left out when undefined; `true` becomes `1`, `false` is sent as `0`. */
  query?: QueryValues;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: AsyncIterable<Uint8Array> | Uint8Array;
  headers?: Record<string, string>;
}

/** What `GET /_ping` says in its headers. */
export interface Ping {
  apiVersion: string;
  osType: string;
  builderVersion: string;
  experimental: boolean;
  /** `inactive`, `active/manager`; empty when the daemon does not say. */
  swarm: string;
}

export interface Hijacked {
  connection: Connection;
  /** `application/vnd.docker.raw-stream` or `…multiplexed-stream`. */
  contentType: string;
  /** Lets go of both directions. */
  close(): void;
}

const encoder = new TextEncoder();

export class ApiClient {
  readonly #handler: ApiHandler;
  #version: string;

  /** @param version the newest version this client speaks */
  constructor(handler: ApiHandler, version = apiVersion) {
    this.#handler = handler;
    this.#version = version;
  }

  get version(): string {
    return this.#version;
  }

  /** Asks what the daemon speaks and settles on the older of both versions. */
  async negotiate(): Promise<Ping> {
    const { headers } = await this.#send('GET', '/_ping', {}, false);
    const ping = {
      apiVersion: header(headers, 'Api-Version') ?? '1.24',
      osType: header(headers, 'Ostype') ?? '',
      builderVersion: header(headers, 'Builder-Version') ?? '',
      experimental: header(headers, 'Docker-Experimental') === 'true',
      swarm: header(headers, 'Swarm') ?? '',
    };
    if (!atLeast(ping.apiVersion, this.#version)) this.#version = ping.apiVersion;
    return ping;
  }

  /** A client of the same version with something between it and the daemon. */
  through(between: (daemon: ApiHandler) => ApiHandler): ApiClient {
    return new ApiClient(between(this.#handler), this.#version);
  }

  get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.#json<T>('GET', path, options);
  }

  post<T = void>(path: string, options: CallOptions = {}): Promise<T> {
    return this.#json<T>('POST', path, options);
  }

  put<T = void>(path: string, options: CallOptions = {}): Promise<T> {
    return this.#json<T>('PUT', path, options);
  }

  delete<T = void>(path: string, options: CallOptions = {}): Promise<T> {
    return this.#json<T>('DELETE', path, options);
  }

  /** The answer's head, for `HEAD /containers/{id}/archive`. */
  async head(path: string, options: CallOptions = {}): Promise<{ status: number; headers: Record<string, string> }> {
    const { status, headers } = await this.#send('HEAD', path, options);
    return { status, headers };
  }

  /** The body as chunks; leaving the loop early tells the daemon. Pass `method` for anything but GET. */
  async stream(
    path: string,
    options: CallOptions & { method?: string } = {},
  ): Promise<{ chunks: AsyncIterable<Uint8Array>; contentType: string; headers: Record<string, string> }> {
    const answer = await this.#send(options.method ?? 'GET', path, options);
    return { chunks: chunksOf(answer.body), contentType: header(answer.headers, 'Content-Type') ?? '', headers: answer.headers };
  }

  /** A body of JSON documents, one by one as they come. */
  async messages<T>(path: string, options: CallOptions & { method?: string } = {}): Promise<AsyncIterable<T>> {
    const { chunks } = await this.stream(path, options);
    return jsonDocuments<T>(chunks);
  }

  /** Takes over the connection (attach, exec start). */
  async hijack(path: string, options: CallOptions = {}): Promise<Hijacked> {
    const headers = { connection: 'Upgrade', upgrade: 'tcp', ...options.headers };
    const answer = await this.#send('POST', path, { ...options, headers });
    const contentType = header(answer.headers, 'Content-Type') ?? '';
    const [ours, theirs] = connectionPair();
    // A daemon that failed after all has said so in the stream.
    const run = answer.body.kind === 'hijack' ? answer.body.run(theirs) : copy(chunksOf(answer.body), theirs);
    run.catch(() => {}).finally(() => theirs.close());
    return { connection: ours, contentType, close: () => ours.close() };
  }

  async #json<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const answer = await this.#send(method, path, options);
    const body = await readAll(answer.body);
    return (body.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(body))) as T;
  }

  async #send(method: string, path: string, options: CallOptions, versioned = true): Promise<ApiResponse> {
    const { query, json, body, headers = {} } = options;
    const bytes = json === undefined ? body : encoder.encode(JSON.stringify(json));
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    if (json !== undefined) sent['content-type'] ??= 'application/json';
    if (bytes instanceof Uint8Array) sent['content-length'] = String(bytes.length);
    else if (bytes) sent['transfer-encoding'] = 'chunked';
    const answer = await this.#handler({
      method,
      path: versioned ? `/v${this.#version}${path}` : path,
      query: queryOf(query),
      headers: sent,
      body: bytes instanceof Uint8Array ? once(bytes) : (bytes ?? once()),
    });
    if (answer.status >= 400) throw new ApiError(answer.status, await errorMessage(answer));
    return answer;
  }
}

/** Splits a stream of JSON documents at their ends, whatever white space is between. */
export function jsonDocuments<T>(chunks: AsyncIterable<Uint8Array>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = chunks[Symbol.asyncIterator]();
      const decoder = new TextDecoder();
      let pending = '';
      const ready: T[] = [];
      const next = async (): Promise<IteratorResult<T, undefined>> => {
        while (ready.length === 0) {
          const result = await iterator.next();
          pending += result.done ? '' : decoder.decode(result.value, { stream: true });
          const lines = pending.split('\n');
          pending = result.done ? '' : lines.pop()!;
          for (const line of lines) if (line.trim() !== '') ready.push(JSON.parse(line) as T);
          if (result.done && ready.length === 0) return { value: undefined, done: true };
        }
        return { value: ready.shift()!, done: false };
      };
      return {
        next,
        async return(): Promise<IteratorResult<T, undefined>> {
          await iterator.return?.();
          return { value: undefined, done: true };
        },
      };
    },
  };
}

async function errorMessage(answer: ApiResponse): Promise<string> {
  const text = new TextDecoder().decode(await readAll(answer.body)).trim();
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: the text is the message.
  }
  return text || `request returned ${answer.status}`;
}

function header(headers: Record<string, string>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

function queryOf(values: QueryValues = {}): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value === 'boolean') query.set(name, [value ? '1' : '0']);
    else query.set(name, Array.isArray(value) ? [...(value as readonly string[])] : [String(value)]);
  }
  return query;
}

async function readAll(body: ApiBody): Promise<Uint8Array> {
  if (body.kind === 'bytes') return body.bytes;
  const parts: Uint8Array[] = [];
  for await (const chunk of chunksOf(body)) parts.push(chunk);
  return concatBytes(parts);
}

function chunksOf(body: ApiBody): AsyncIterable<Uint8Array> {
  switch (body.kind) {
    case 'empty':
      return once();
    case 'bytes':
      return once(body.bytes);
    case 'stream':
      return mapStream(body.chunks, (chunk) => chunk);
    case 'hijack': {
      const [ours, theirs] = connectionPair();
      body
        .run(theirs)
        .catch(() => {})
        .finally(() => theirs.close());
      return ours.input;
    }
  }
}

async function copy(chunks: AsyncIterable<Uint8Array>, to: Connection): Promise<void> {
  for await (const chunk of chunks) await to.write(chunk);
}

async function* once(bytes?: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes) yield bytes;
}
