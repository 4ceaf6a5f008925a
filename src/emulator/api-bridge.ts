/**
 * The Engine API across the worker's boundary: the page's side looks like any other `ApiHandler`, the
 * worker's side calls the real one. Bodies and hijacked connections are pipes, so they flow in both
 * directions at the pace of whoever reads them.
 */
import type { ApiHandler, ApiRequest, ApiResponse } from '#engine/api/http.ts';
import { messageOf } from '#engine/errors.ts';
import type { TcpConnection } from './machine-api.ts';
import { joinPipes, splice } from './pipe-connection.ts';
import type { Pipes, PipeReceiver, PipeSender } from './pipes.ts';
import type { WireRequest, WireResponse } from './protocol.ts';

/** Sends a request and resolves with the answer's head. */
type SendRequest = (pipe: number, request: WireRequest) => Promise<WireResponse>;

/** The page's side. `newPipe` reserves two numbers. */
export function remoteApi(pipes: Pipes, newPipe: () => number, send: SendRequest): ApiHandler {
  return async (request) => {
    const pipe = newPipe();
    const incoming = pipes.receiver(pipe);
    const connectionIn = pipes.receiver(pipe + 1);
    void pump(request.body, pipes.sender(pipe));
    const { method, path, query, headers } = request;
    const head = await send(pipe, { method, path, query: [...query].map(([name, values]) => [name, [...values]]), headers });
    if (head.body.kind !== 'hijack') connectionIn.cancel();
    if (head.body.kind !== 'stream') incoming.cancel();
    return {
      status: head.status,
      headers: head.headers,
      body: bodyOf(head, incoming, () => joinPipes(pipes.sender(pipe + 1), connectionIn)),
    };
  };
}

function bodyOf(head: WireResponse, incoming: PipeReceiver, connection: () => TcpConnection): ApiResponse['body'] {
  switch (head.body.kind) {
    case 'bytes':
      return { kind: 'bytes', bytes: head.body.bytes };
    case 'stream':
      return { kind: 'stream', chunks: incoming.chunks };
    case 'empty':
      return { kind: 'empty' };
    case 'hijack': {
      const remote = connection();
      return { kind: 'hijack', run: (local) => splice(local, remote) };
    }
  }
}

/** The worker's side: answers one request. */
export async function answerRequest(pipes: Pipes, handler: ApiHandler, pipe: number, wire: WireRequest): Promise<WireResponse> {
  const body = pipes.receiver(pipe);
  const request: ApiRequest = {
    method: wire.method,
    path: wire.path,
    query: new Map(wire.query),
    headers: wire.headers,
    body: body.chunks,
  };
  const { status, headers, body: answer } = await handler(request);
  switch (answer.kind) {
    case 'bytes':
      body.cancel();
      return { status, headers, body: { kind: 'bytes', bytes: answer.bytes.slice() } };
    case 'empty':
      body.cancel();
      return { status, headers, body: { kind: 'empty' } };
    case 'stream':
      void pump(answer.chunks, pipes.sender(pipe)).finally(() => body.cancel());
      return { status, headers, body: { kind: 'stream' } };
    case 'hijack': {
      const connection = joinPipes(pipes.sender(pipe + 1), pipes.receiver(pipe + 1));
      void answer
        .run(connection)
        .catch(() => {})
        .finally(() => {
          connection.close();
          body.cancel();
        });
      return { status, headers, body: { kind: 'hijack' } };
    }
  }
}

/** Copies a stream into a pipe, and leaves the stream when the other side wants no more. */
function pump(chunks: AsyncIterable<Uint8Array>, sender: PipeSender): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  sender.onCancel(() => void iterator.return?.().catch(() => {}));
  const run = async (): Promise<void> => {
    for (;;) {
      const result = await iterator.next();
      if (result.done) break;
      await sender.write(result.value);
    }
    sender.end();
  };
  return run().catch((error: unknown) => {
    sender.end(messageOf(error));
    void iterator.return?.().catch(() => {});
  });
}
