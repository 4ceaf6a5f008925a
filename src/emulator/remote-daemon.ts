/**
 * A daemon that a stream in the guest leads to, asked over HTTP: one connection for each request. Unlike the engine's own
 * door it throws when there is nobody behind it.
 */
import type { ApiBody, ApiHandler, ApiRequest, Connection, Query } from '#engine/api/http.ts';
import { EngineError, messageOf } from '#engine/errors.ts';
import type { DuplexStream } from './ports/dial-guest.ts';
import { exchange, type ExchangeAnswer } from './ports/http1-exchange.ts';

/**
 * @param open connects; throws when nobody answers
 * @param host as the header `Host` names it
 * @param base what comes before each path
 */
export function remoteDaemon(open: () => Promise<DuplexStream>, host: string, base = ''): ApiHandler {
  return async (request) => {
    const { method, path, query, headers } = request;
    const body = await sendable(request);
    const stream = await open();
    const target = `${base}${encodeURI(path)}${queryText(query)}`;
    const answer = await exchange(stream, { method, host, path: target, headers, ...(body && { body }) }).catch((error: unknown) => {
      const verb = `${method.slice(0, 1)}${method.slice(1).toLowerCase()}`;
      throw new EngineError('unavailable', `error during connect: ${verb} "http://${host}${target}": ${messageOf(error)}`, {
        cause: error,
      });
    });
    return { status: answer.status, headers: answer.headers, body: bodyOf(answer, stream, headers['upgrade'] !== undefined) };
  };
}

/** A short body goes with its length, as daemons want it where there may be none; others go in chunks. */
async function sendable({ method, body }: ApiRequest): Promise<Uint8Array | AsyncIterable<Uint8Array> | undefined> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return undefined;
  const second = await chunks.next();
  if (second.done) return method === 'GET' && first.value.length === 0 ? undefined : first.value;
  return joined([first.value, second.value], chunks);
}

async function* joined(first: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function bodyOf(answer: ExchangeAnswer, stream: DuplexStream, wantsConnection: boolean): ApiBody {
  if (wantsConnection && (answer.status === 101 || answer.status === 200)) {
    return { kind: 'hijack', run: (connection) => passOn(connection, answer.body, stream) };
  }
  return { kind: 'stream', chunks: answer.body };
}

/** Both directions, until the daemon has said all. */
async function passOn(connection: Connection, body: AsyncIterable<Uint8Array>, stream: DuplexStream): Promise<void> {
  const upward = async (): Promise<void> => {
    for await (const chunk of connection.input) await stream.write(chunk);
    stream.end();
  };
  // A daemon that takes no more may still have something to say.
  upward().catch(() => {});
  void connection.closed.then(() => stream.close());
  try {
    for await (const chunk of body) await connection.write(chunk);
  } finally {
    stream.close();
  }
}

function queryText(query: Query): string {
  const pairs = [...query].flatMap(([name, values]) => values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
