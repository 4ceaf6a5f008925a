/**
 * One HTTP/1.1 request and its answer over a byte stream that is already connected: how registries inside the machine
 * and daemons at an address are asked. The connection is for this request alone. Bodies are read by length, in chunks, or to the end.
 * Source: RFC 9112.
 */
import { concatBytes } from '#engine/bytes.ts';
import { EngineError } from '#engine/errors.ts';

/** A connected stream. */
export interface ByteStream {
  write(bytes: Uint8Array): Promise<void>;
  read(): AsyncIterable<Uint8Array>;
  /** Gives up both directions. */
  close(): void;
}

export interface ExchangeRequest {
  method: string;
  /** As the header `Host` names it. */
  host: string;
  path: string;
  /** With `upgrade` the connection is asked for: an answer 101 has what follows as its body. */
  headers: Record<string, string>;
  /** What is not there in one piece is sent in chunks. */
  body?: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface ExchangeAnswer {
  status: number;
  /** Names in lower case; repeated ones joined with commas. */
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

const encoder = new TextEncoder();
const maxHeadBytes = 64 << 10;
const maxChunkLine = 1024;

export async function exchange(stream: ByteStream, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const input = new Input(stream.read());
  // A server may refuse a body before it has read all of it, so both directions go on at once.
  const sent = send(stream, request);
  sent.catch(() => {});
  try {
    for (;;) {
      const head = parseHead(await input.head());
      // Only a promise of an answer.
      if (head.status >= 100 && head.status < 200 && head.status !== 101) continue;
      return { ...head, body: closable(body(stream, input, request.method, head), stream) };
    }
  } catch (error) {
    stream.close();
    throw error;
  }
}

async function send(stream: ByteStream, { method, host, path, headers, body }: ExchangeRequest): Promise<void> {
  const connection = headers['upgrade'] === undefined ? 'close' : 'Upgrade';
  const all: Record<string, string> = { host, 'user-agent': 'Drydock', ...headers, connection };
  if (body && !(body instanceof Uint8Array)) all['transfer-encoding'] = 'chunked';
  else if (body || method === 'POST' || method === 'PUT' || method === 'PATCH') all['content-length'] = String(body?.length ?? 0);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, ' ')}\r\n`);
  await stream.write(encoder.encode(`${method} ${path.replace(/[\s]/g, '%20')} HTTP/1.1\r\n${lines.join('')}\r\n`));
  if (body instanceof Uint8Array) return await stream.write(body);
  if (!body) return;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    await stream.write(concatBytes([encoder.encode(`${chunk.length.toString(16)}\r\n`), chunk, encoder.encode('\r\n')]));
  }
  await stream.write(encoder.encode('0\r\n\r\n'));
}

function parseHead(text: string): { status: number; headers: Record<string, string> } {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw malformed(`malformed HTTP response ${JSON.stringify(first.slice(0, 100))}`);
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    if (line === '') continue;
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === '') throw malformed(`malformed MIME header line: ${line.slice(0, 100)}`);
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return { status: Number(status), headers: { ...headers } };
}

/** Leaving ends the connection even while bytes are waited for, which a generator alone would sit out. */
function closable(chunks: AsyncGenerator<Uint8Array, void, undefined>, stream: ByteStream): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => chunks.next(),
      return() {
        stream.close();
        return chunks.return();
      },
    }),
  };
}

async function* body(
  stream: ByteStream,
  input: Input,
  method: string,
  { status, headers }: { status: number; headers: Record<string, string> },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (method === 'HEAD' || status === 204 || status === 304) return;
    if (/(^|,)\s*chunked\s*$/i.test(headers['transfer-encoding'] ?? '')) yield* chunks(input);
    else if (headers['content-length'] !== undefined) yield* exactly(input, lengthOf(headers['content-length']));
    else for (let some = await input.some(Infinity); some; some = await input.some(Infinity)) yield some;
  } finally {
    stream.close();
  }
}

async function* chunks(input: Input): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(await input.line(maxChunkLine))?.[1];
    if (size === undefined) throw malformed('invalid byte in chunk length');
    if (parseInt(size, 16) === 0) return;
    yield* exactly(input, parseInt(size, 16));
    if ((await input.line(2)) !== '') throw malformed('malformed chunked encoding');
  }
}

async function* exactly(input: Input, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = length; left > 0;) {
    const some = await input.some(left);
    if (!some) throw new EngineError('unavailable', 'unexpected EOF');
    left -= some.length;
    yield some;
  }
}

function lengthOf(text: string): number {
  // A repeated header has come together as a list.
  const [first = '', ...others] = text.split(',').map((part) => part.trim());
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first))
    throw malformed(`bad Content-Length ${JSON.stringify(text.slice(0, 100))}`);
  return Number(first);
}

function malformed(message: string): EngineError {
  return new EngineError('unknown', message);
}

/** The stream's bytes, taken line by line or as many as there are. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The lines up to the first empty one. */
  async head(): Promise<string> {
    const lines: string[] = [];
    for (let left = maxHeadBytes; left > 0;) {
      const line = await this.line(left);
      left -= line.length + 2;
      if (line === '' && lines.length > 0) return lines.join('\n');
      // Whoever speaks something else may never send an empty line.
      if (lines.length === 0 && line !== '' && !line.startsWith('HTTP/'))
        throw malformed(`malformed HTTP response ${JSON.stringify(line.slice(0, 100))}`);
      if (line !== '') lines.push(line);
    }
    throw malformed('the head of an HTTP response is too large');
  }

  async line(limit: number): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return line.replace(/\r$/, '');
      }
      if (this.#rest.length > limit) throw malformed('a line of an HTTP response is too long');
      const next = await this.#chunks.next();
      if (next.done) throw new EngineError('unavailable', this.#rest.length > 0 ? 'unexpected EOF' : 'EOF');
      const joined = new Uint8Array(this.#rest.length + next.value.length);
      joined.set(this.#rest);
      joined.set(next.value, this.#rest.length);
      this.#rest = joined;
    }
  }

  /** At least a byte and at most so many; undefined at the end. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = new Uint8Array(next.value);
    }
    const part = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
