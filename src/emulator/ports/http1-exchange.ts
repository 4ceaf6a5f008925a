/**
 * One HTTP/1.1 request and its answer over a byte stream that is already connected: how registries inside the machine
 * and daemons at an address are asked. The connection is for this request alone. Bodies are read by length, in chunks, or to the end.
 * Source: RFC 9112.
 */
import { AnswerReader, type AnswerHead } from '#engine/api/http1-answer.ts';
import { concatBytes } from '#engine/bytes.ts';

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

export async function exchange(stream: ByteStream, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const reader = new AnswerReader(stream.read());
  // A server may refuse a body before it has read all of it, so both directions go on at once.
  const sent = send(stream, request);
  sent.catch(() => {});
  try {
    const head = await reader.head();
    return { status: head.status, headers: joined(head.headers), body: closable(body(stream, reader, request.method, head), stream) };
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

function joined(pairs: AnswerHead['headers']): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  return { ...headers };
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
  reader: AnswerReader,
  method: string,
  head: AnswerHead,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* reader.body(method, head);
  } finally {
    stream.close();
  }
}
