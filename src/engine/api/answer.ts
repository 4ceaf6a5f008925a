/**
 * Answers that routes give: JSON, nothing, a stream of JSON lines, or the connection itself. Keys are in
 * the order the route wrote them, as in Docker.
 */
import type { ApiResponse, Connection } from './http.ts';
import { atLeast } from './version.ts';

const encoder = new TextEncoder();
const jsonType = { 'Content-Type': 'application/json' };

export function json(status: number, value: unknown): ApiResponse {
  return { status, headers: { ...jsonType }, body: { kind: 'bytes', bytes: encoder.encode(`${JSON.stringify(value)}\n`) } };
}

/** A status alone: 200, 201, 204, 304. */
export function empty(status: number): ApiResponse {
  return { status, headers: {}, body: { kind: 'empty' } };
}

export function text(status: number, value: string): ApiResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: { kind: 'bytes', bytes: encoder.encode(value) } };
}

export function bytes(status: number, contentType: string, chunks: AsyncIterable<Uint8Array>): ApiResponse {
  return { status, headers: { 'Content-Type': contentType }, body: { kind: 'stream', chunks } };
}

/** One JSON document per line, each sent as soon as it is there; ends or is cancelled with its source. */
export function jsonLines(source: AsyncIterable<unknown>, lineEnd = '\n'): ApiResponse {
  return bytes(
    200,
    'application/json',
    mapStream(source, (value) => encoder.encode(goJson(value) + lineEnd)),
  );
}

/** JSON as Go's encoder writes it by default: with `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Takes over the connection for a process's streams. With a terminal they are one raw stream, else frames
 * (stdcopy.ts), which newer clients are told by the content type.
 */
export function hijack(
  request: { version: string; headers: Record<string, string> },
  terminal: boolean,
  run: (connection: Connection) => Promise<void>,
): ApiResponse {
  const framed = !terminal && request.headers['upgrade'] !== undefined && atLeast(request.version, '1.42');
  return { status: 200, headers: { 'Content-Type': framed ? multiplexedStream : rawStream }, body: { kind: 'hijack', run } };
}

export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** Maps each value; unlike an async generator it is cancelled at once, even while it waits. */
export function mapStream<A, B>(source: AsyncIterable<A>, map: (value: A) => B): AsyncIterable<B> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      return {
        async next(): Promise<IteratorResult<B, undefined>> {
          const result = await iterator.next();
          return result.done ? { value: undefined, done: true } : { value: map(result.value), done: false };
        },
        async return(): Promise<IteratorResult<B, undefined>> {
          await iterator.return?.();
          return { value: undefined, done: true };
        },
      };
    },
  };
}
