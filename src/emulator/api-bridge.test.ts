/** The Engine API over messages: bodies, streams, hijacked connections, slow readers, and leaving early. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '#engine/api/client.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '#engine/api/http.ts';
import { answerRequest, remoteApi } from './api-bridge.ts';
import { Pipes, type PipeMessage } from './pipes.ts';
import { readPageMessage } from './protocol.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

let page: Pipes;
let worker: Pipes;
let handler: ApiHandler;
let api: ApiHandler;

beforeEach(() => {
  // Messages arrive later and with their bytes moved, as between threads; the worker checks them.
  const carry = (message: PipeMessage, to: () => Pipes): void => {
    const moved = structuredClone(message);
    setTimeout(() => {
      expect(readPageMessage(moved)).toEqual(moved);
      to().handle(moved);
    }, 0);
  };
  page = new Pipes((message) => carry(message, () => worker));
  worker = new Pipes((message) => carry(message, () => page));
  let next = 2;
  const send = async (pipe: number, request: Parameters<typeof answerRequest>[3]) => {
    await Promise.resolve();
    expect(readPageMessage({ kind: 'call', id: 1, call: { name: 'api', node: 'node1', pipe, request } })).toBeDefined();
    return structuredClone(await answerRequest(worker, handler, pipe, structuredClone(request)));
  };
  api = remoteApi(page, () => (next += 2), send);
});

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let out = '';
  for await (const chunk of chunks) out += decode(chunk);
  return out;
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const ok = (body: ApiResponse['body']): ApiResponse => ({ status: 200, headers: { 'Api-Version': '1.50' }, body });

describe('the Engine API between page and worker', () => {
  it('carries method, path, query, headers and body there, status, headers and body back', async () => {
    let seen: ApiRequest | undefined;
    handler = async (request) => {
      seen = request;
      return { status: 201, headers: { 'X-A': 'b' }, body: { kind: 'bytes', bytes: encode(`got ${await all(request.body)}`) } };
    };
    async function* body(): AsyncIterable<Uint8Array> {
      yield encode('one ');
      yield encode('two');
    }
    const answer = await api({ method: 'POST', path: '/x', query: new Map([['a', ['1', '2']]]), headers: { h: 'v' }, body: body() });
    expect(seen).toMatchObject({ method: 'POST', path: '/x', headers: { h: 'v' } });
    expect([...(seen?.query ?? [])]).toEqual([['a', ['1', '2']]]);
    expect(answer).toEqual({ status: 201, headers: { 'X-A': 'b' }, body: { kind: 'bytes', bytes: encode('got one two') } });
    await quiet();
    expect([page.openCount, worker.openCount]).toEqual([0, 0]);
  });

  it('streams answers, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 20 }), async (chunks) => {
        handler = () => Promise.resolve(ok({ kind: 'stream', chunks: fromArray(chunks) }));
        const { body } = await api({ method: 'GET', path: '/s', query: new Map(), headers: {}, body: fromArray([]) });
        const got: number[] = [];
        if (body.kind === 'stream') for await (const chunk of body.chunks) got.push(...chunk);
        expect(got).toEqual(chunks.flatMap((chunk) => [...chunk]));
      }),
      { numRuns: 20, seed: 5 },
    );
  });

  it('makes a fast writer wait for a slow reader', async () => {
    let written = 0;
    async function* flood(): AsyncIterable<Uint8Array> {
      for (;;) {
        written += 100_000;
        yield new Uint8Array(100_000);
      }
    }
    handler = () => Promise.resolve(ok({ kind: 'stream', chunks: flood() }));
    const { body } = await api({ method: 'GET', path: '/s', query: new Map(), headers: {}, body: fromArray([]) });
    await quiet();
    expect(written).toBeLessThan(1_500_000);
    if (body.kind !== 'stream') throw new Error('no stream');
    let read = 0;
    for await (const chunk of body.chunks) if ((read += chunk.length) > 5_000_000) break;
    await quiet();
    const atLeaving = written;
    await quiet();
    expect(written).toBe(atLeaving);
    expect([page.openCount, worker.openCount]).toEqual([0, 0]);
  });

  it('tells the daemon at once when the reader of a silent stream leaves', async () => {
    let left = false;
    const silent: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => ((left = true), Promise.resolve({ done: true, value: undefined })),
      }),
    };
    handler = () => Promise.resolve(ok({ kind: 'stream', chunks: silent }));
    const { chunks } = await new ApiClient(api).stream('/events');
    const iterator = chunks[Symbol.asyncIterator]();
    void iterator.next();
    await quiet();
    await iterator.return?.();
    await quiet();
    expect(left).toBe(true);
  });

  it('passes a failure in the middle of a stream on', async () => {
    async function* broken(): AsyncIterable<Uint8Array> {
      yield encode('some');
      throw new Error('disk on fire');
    }
    handler = () => Promise.resolve(ok({ kind: 'stream', chunks: broken() }));
    const { body } = await api({ method: 'GET', path: '/s', query: new Map(), headers: {}, body: fromArray([]) });
    await expect(body.kind === 'stream' && all(body.chunks)).rejects.toThrow('disk on fire');
  });

  it('carries a hijacked connection both ways, with half-close', async () => {
    handler = () =>
      Promise.resolve(
        ok({
          kind: 'hijack',
          async run(connection) {
            let input = '';
            for await (const chunk of connection.input) input += decode(chunk);
            await connection.write(encode(`you said ${input}`));
          },
        }),
      );
    const { connection } = await new ApiClient(api).hijack('/attach');
    await connection.write(encode('hello '));
    await connection.write(encode('there'));
    await connection.closeWrite();
    expect(await all(connection.input)).toBe('you said hello there');
    await quiet();
    expect([page.openCount, worker.openCount]).toEqual([0, 0]);
  });

  it('tells the daemon when a hijacked connection is dropped', async () => {
    let closed = false;
    handler = () => Promise.resolve(ok({ kind: 'hijack', run: ({ closed: over }) => over.then(() => void (closed = true)) }));
    const { close } = await new ApiClient(api).hijack('/attach');
    await quiet();
    close();
    await quiet();
    expect(closed).toBe(true);
    expect([page.openCount, worker.openCount]).toEqual([0, 0]);
  });

  it('ends everything that is open when the worker dies', async () => {
    handler = () =>
      Promise.resolve(ok({ kind: 'stream', chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) } }));
    const { body } = await api({ method: 'GET', path: '/s', query: new Map(), headers: {}, body: fromArray([]) });
    const reading = body.kind === 'stream' ? all(body.chunks) : Promise.resolve('');
    page.closeAll('The machine stopped answering.');
    await expect(reading).rejects.toThrow('stopped answering');
  });
});

async function* fromArray(chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
