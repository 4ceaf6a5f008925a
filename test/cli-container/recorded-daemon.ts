/**
 * A daemon for tests that answers as a recording says, and notes what was asked otherwise.
 */
import { connectionPair } from '#engine/api/connection.ts';
import type { ApiHandler, ApiRequest, ApiResponse, Connection } from '#engine/api/http.ts';
import { encodeFrame, type FrameStream } from '#engine/api/stdcopy.ts';
import type { RecordedExchange } from './recording.ts';

const streams: readonly FrameStream[] = ['stdin', 'stdout', 'stderr', 'system'];
const encoder = new TextEncoder();

export class RecordedDaemon {
  /** What did not match, in words. */
  readonly problems: string[] = [];
  readonly #exchanges: RecordedExchange[];
  #hijacks: Promise<void>[] = [];

  /** @param holdsStreams hijacked and log streams stay open until the client leaves, as for a process that goes on */
  constructor(
    exchanges: readonly RecordedExchange[],
    readonly holdsStreams = false,
  ) {
    this.#exchanges = [...exchanges];
  }

  readonly handler: ApiHandler = async (request) => {
    if (request.path.endsWith('/_ping'))
      return { status: 200, headers: { 'Api-Version': '1.50', Ostype: 'linux' }, body: { kind: 'empty' } };
    const asked = `${request.method} ${targetOf(request)}`;
    const index = this.#exchanges.findIndex((exchange) => `${exchange.method} ${normal(exchange.path)}` === asked);
    if (index < 0) {
      this.problems.push(`asked, and not recorded: ${asked}`);
      return answer(500, { message: `not recorded: ${asked}` });
    }
    const [exchange] = this.#exchanges.splice(index, 1) as [RecordedExchange];
    this.#compareBody(exchange, await textOf(request.body));
    return this.#answer(exchange);
  };

  /** Problems, with what was recorded and not asked. */
  async finish(): Promise<string[]> {
    await Promise.all(this.#hijacks);
    return [...this.problems, ...this.#exchanges.map(({ method, path }) => `recorded, and not asked: ${method} ${path}`)];
  }

  #compareBody({ method, path, body }: RecordedExchange, text: string): void {
    const sent = text === '' ? undefined : JSON.stringify(sorted(JSON.parse(text)));
    const recorded = body === undefined ? undefined : JSON.stringify(sorted(body));
    if (sent !== recorded) this.problems.push(`${method} ${path} sent ${sent}, recorded ${recorded}`);
  }

  #answer(exchange: RecordedExchange): ApiResponse {
    const { hijack, json, jsonLines, frames, raw, status, path } = exchange;
    if (hijack) return { status: 101, headers: {}, body: { kind: 'hijack', run: (connection) => this.#hijack(hijack, connection) } };
    const output = frames ? frames.map(frameOf) : raw === undefined ? undefined : [encoder.encode(raw)];
    if (output) return { status, headers: {}, body: { kind: 'stream', chunks: this.holdsStreams ? held(output) : given(output) } };
    if (jsonLines)
      return {
        status,
        headers: {},
        body: { kind: 'stream', chunks: given(jsonLines.map((line) => encoder.encode(`${JSON.stringify(line)}\n`))) },
      };
    // The client left before the answer.
    if (path.includes('/wait') && (json as { Error?: unknown }).Error)
      return { status, headers: {}, body: { kind: 'stream', chunks: held([]) } };
    if (path.startsWith('/events')) return { status, headers: {}, body: { kind: 'stream', chunks: held([]) } };
    return json === undefined ? { status, headers: {}, body: { kind: 'empty' } } : answer(status, json);
  }

  async #hijack({ sent, frames, raw }: NonNullable<RecordedExchange['hijack']>, connection: Connection): Promise<void> {
    const serve = async (): Promise<void> => {
      for (const bytes of frames ? frames.map(frameOf) : [encoder.encode(raw ?? '')]) if (bytes.length > 0) await connection.write(bytes);
      const received = await textOf(connection.input);
      if (received !== sent) this.problems.push(`sent ${JSON.stringify(received)}, recorded ${JSON.stringify(sent)}`);
      if (this.holdsStreams) await connection.closed;
    };
    const served = serve();
    this.#hijacks.push(served);
    await served;
  }
}

function answer(status: number, value: unknown): ApiResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body: { kind: 'bytes', bytes: encoder.encode(JSON.stringify(value)) } };
}

function frameOf([stream, text]: [number, string]): Uint8Array {
  return encodeFrame(streams[stream]!, encoder.encode(text));
}

async function* given(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** What there is, and then no end. */
function held(chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  const [ours, theirs] = connectionPair();
  const write = async (): Promise<void> => {
    for (const chunk of chunks) await theirs.write(chunk);
  };
  void write();
  return ours.input;
}

function targetOf({ path, query }: ApiRequest): string {
  const values = [...query].flatMap(([name, all]) => all.map((value) => `${name}=${value}`)).sort();
  return path.replace(/^\/v[\d.]+/, '') + (values.length > 0 ? `?${values.join('&')}` : '');
}

/** Path and query with the query decoded and sorted. */
function normal(target: string): string {
  const [path = '', query] = target.split('?');
  if (query === undefined) return path;
  const values = query.split('&').map((pair) => decodeURIComponent(pair.replaceAll('+', ' ')));
  return `${path}?${values.sort().join('&')}`;
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** The value with the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
