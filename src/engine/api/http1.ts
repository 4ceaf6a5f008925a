/**
 * The HTTP/1.1 server on `docker.sock` and `drydock serve`: requests from a byte stream to an `ApiHandler`, its
 * answers back. Keep-alive, chunked answers, `Expect: 100-continue`, and taking over the connection for attach and exec.
 * Source: RFC 9112; behaviour as Go's net/http, which Docker's clients are used to.
 */
import { concatBytes } from '../bytes.ts';
import type { ApiHandler, ApiRequest, ApiResponse, Connection } from './http.ts';
import { BadRequest, ByteReader, readRequest, type IncomingRequest } from './http1-request.ts';

const encoder = new TextEncoder();
/** An unread request body up to this size is read away to keep the connection; past it the connection is closed. */
const drainLimitBytes = 256 * 1024;

/** Serves requests until the client goes, asks to close, or sends nonsense. Never rejects. */
export async function serveConnection(connection: Connection, handler: ApiHandler): Promise<void> {
  const reader = new ByteReader(connection.input);
  try {
    while (await serveOne(connection, reader, handler));
  } catch {
    // The client is gone, in the middle of an answer; there is nobody to tell.
  }
  await connection.closeWrite().catch(() => {});
}

/** True when the connection can carry another request. */
async function serveOne(connection: Connection, reader: ByteReader, handler: ApiHandler): Promise<boolean> {
  let incoming: IncomingRequest | undefined;
  try {
    incoming = await readRequest(reader);
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    const head = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' };
    await connection.write(concatBytes([encodeHead(error.status, head), encoder.encode(error.message)]));
    return false;
  }
  if (!incoming) return false;
  const { request } = incoming;
  let continueSent = true;
  if (request.headers['expect']?.toLowerCase() === '100-continue') {
    continueSent = false;
    incoming.onFirstRead(() => {
      continueSent = true;
      return connection.write(encoder.encode('HTTP/1.1 100 Continue\r\n\r\n'));
    });
  }
  const answer = await handler(request);
  if (answer.body.kind === 'hijack') {
    await takeOver(connection, reader, request, answer, answer.body.run);
    return false;
  }
  // A client that was never told to go on may send its body or not: nothing after this can be understood.
  const keepAlive = incoming.keepAlive && continueSent;
  const last = await sendAnswer(connection, reader, incoming, answer, keepAlive);
  return !last && (await drain(incoming));
}

/** Sends a whole answer; true when the connection must not carry another. */
async function sendAnswer(
  connection: Connection,
  reader: ByteReader,
  incoming: IncomingRequest,
  answer: ApiResponse,
  keepAlive: boolean,
): Promise<boolean> {
  const { body, status } = answer;
  const headers = { ...answer.headers };
  const headOnly = incoming.request.method === 'HEAD';
  const bodiless = status === 204 || status === 304;
  const streamed = body.kind === 'stream' && !bodiless;
  const chunked = streamed && incoming.chunkedAnswers;
  const close = !keepAlive || (streamed && !chunked);
  if (chunked) headers['Transfer-Encoding'] = 'chunked';
  else if (!streamed && !bodiless) headers['Content-Length'] ??= String(body.kind === 'bytes' ? body.bytes.length : 0);
  if (close) headers['Connection'] = 'close';
  const head = encodeHead(statusLine(status), headers);
  if (headOnly || bodiless || body.kind !== 'stream') {
    const bytes = body.kind === 'bytes' && !headOnly && !bodiless ? body.bytes : undefined;
    if (body.kind === 'stream') await body.chunks[Symbol.asyncIterator]().return?.();
    await connection.write(bytes ? concatBytes([head, bytes]) : head);
    return close;
  }
  try {
    await connection.write(head);
  } catch (error) {
    await body.chunks[Symbol.asyncIterator]().return?.();
    throw error;
  }
  await sendStream(connection, reader, body.chunks, chunked);
  return close;
}

/** Copies a stream out, and leaves it as soon as the client is gone, even while it is silent. */
async function sendStream(connection: Connection, reader: ByteReader, chunks: AsyncIterable<Uint8Array>, chunked: boolean): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let gone = false;
  let wake = (_: 'gone'): void => {};
  // Not a race per chunk: each would stay registered on the connection for as long as it lives.
  void Promise.race([connection.closed, inputEnd(reader)]).finally(() => {
    gone = true;
    wake('gone');
  });
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<Uint8Array> | 'gone'>((resolve, reject) => {
        wake = resolve;
        if (gone) resolve('gone');
        else iterator.next().then(resolve, reject);
      });
      if (next === 'gone') throw new Error('client gone');
      if (next.done) break;
      if (next.value.length > 0) await connection.write(chunked ? frameChunk(next.value) : next.value);
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
  if (chunked) await connection.write(encoder.encode('0\r\n\r\n'));
}

/** Like Go's server, takes the end of the client's side for its leaving; a request sent ahead is no end. */
async function inputEnd(reader: ByteReader): Promise<void> {
  if (reader.buffered > 0 || (await reader.fill())) return new Promise(() => {});
}

async function takeOver(
  connection: Connection,
  reader: ByteReader,
  request: ApiRequest,
  answer: ApiResponse,
  run: (connection: Connection) => Promise<void>,
): Promise<void> {
  const upgraded = request.headers['upgrade'] !== undefined;
  const { 'Content-Type': contentType, ...others } = answer.headers;
  const headers: Record<string, string> = contentType === undefined ? {} : { 'Content-Type': contentType };
  if (upgraded) Object.assign(headers, { Connection: 'Upgrade', Upgrade: 'tcp' });
  const head = encodeHead(upgraded ? '101 UPGRADED' : statusLine(answer.status), { ...headers, ...others });
  // Whoever is gone by now is still told to the handler, which has prepared for it.
  const gone = await connection.write(head).then(
    () => false,
    () => true,
  );
  await run({
    input: reader.rest(),
    write: (bytes) => connection.write(bytes),
    closeWrite: () => connection.closeWrite(),
    closed: gone ? Promise.resolve() : connection.closed,
  });
}

/** Reads away what the handler left of the body. False when there is too much of it, or it breaks off. */
async function drain(incoming: IncomingRequest): Promise<boolean> {
  let read = 0;
  const body = incoming.request.body[Symbol.asyncIterator]();
  while (!incoming.bodyDone()) {
    const next = await body.next();
    read += next.value?.length ?? 0;
    if (read > drainLimitBytes) return false;
  }
  return true;
}

function frameChunk(bytes: Uint8Array): Uint8Array {
  return concatBytes([encoder.encode(`${bytes.length.toString(16)}\r\n`), bytes, encoder.encode('\r\n')]);
}

function encodeHead(status: string, headers: Record<string, string>): Uint8Array {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`);
  return encoder.encode(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`);
}

function statusLine(status: number): string {
  return `${status} ${reasons[status] ?? 'Status'}`;
}

const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  416: 'Range Not Satisfiable',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};
