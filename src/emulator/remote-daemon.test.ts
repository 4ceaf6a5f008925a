/** A daemon over HTTP answers as the same daemon in the same process: our own server is at the other end of a stream in memory. */
import { describe, expect, test } from 'vitest';
import { bytes, empty, hijack, json } from '#engine/api/answer.ts';
import { ApiClient } from '#engine/api/client.ts';
import { connectionPair } from '#engine/api/connection.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import { serveConnection } from '#engine/api/http1.ts';
import { concatBytes } from '#engine/bytes.ts';
import type { DuplexStream } from './ports/dial-guest.ts';
import { remoteDaemon } from './remote-daemon.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (data: Uint8Array): string => new TextDecoder().decode(data);

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return decode(concatBytes(parts));
}

const server: ApiHandler = async (request) => {
  const { method, query, headers, path: whole } = request;
  const path = whole.replace('/v1.50', '');
  if (path === '/empty') return empty(204);
  if (path === '/missing') return json(404, { message: 'no such thing' });
  if (path === '/stream') return bytes(200, 'text/plain', parts('one ', 'two ', 'three'));
  if (path === '/hijack') {
    return hijack({ version: '1.50', headers }, false, async (connection) => {
      await connection.write(encode('> '));
      for await (const chunk of connection.input) await connection.write(encode(decode(chunk).toUpperCase()));
      await connection.write(encode('.'));
    });
  }
  const length = headers['content-length'] ?? headers['transfer-encoding'] ?? 'none';
  return json(200, {
    method,
    path: whole,
    query: Object.fromEntries(query),
    length,
    host: headers['host'],
    body: await textOf(request.body),
  });
};

async function* parts(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encode(text);
}

/** A client of it, and how many connections it has made. */
function remote(base = ''): { client: ApiClient; connections: () => number } {
  let count = 0;
  const open = async (): Promise<DuplexStream> => {
    count++;
    const [ours, theirs] = connectionPair();
    void serveConnection(theirs, server).finally(() => theirs.close());
    return { write: (data) => ours.write(data), read: () => ours.input, end: () => void ours.closeWrite(), close: () => ours.close() };
  };
  return { client: new ApiClient(remoteDaemon(open, '10.0.0.1:2375', base)), connections: () => count };
}

describe('a daemon over HTTP', () => {
  test('is asked with path, query and body', async () => {
    const { client, connections } = remote();
    const query = { name: 'a b&c', all: true };
    expect(await client.get('/images/a:b/json', { query })).toEqual({
      method: 'GET',
      path: '/v1.50/images/a:b/json',
      query: { name: ['a b&c'], all: ['1'] },
      length: 'none',
      host: '10.0.0.1:2375',
      body: '',
    });
    expect(await client.post('/x', { json: { a: 1 } })).toMatchObject({ method: 'POST', length: '7', body: '{"a":1}' });
    expect(await client.post('/x')).toMatchObject({ length: '0', body: '' });
    expect(connections()).toBe(3);
  });

  test('is sent in chunks what comes in pieces', async () => {
    expect(await remote().client.post('/x', { body: parts('one', '', 'two', 'three') })).toMatchObject({
      length: 'chunked',
      body: 'onetwothree',
    });
  });

  test('answers with streams, nothing, and refusals', async () => {
    const { client } = remote();
    expect(await textOf((await client.stream('/stream')).chunks)).toBe('one two three');
    expect(await client.delete('/empty')).toBeUndefined();
    await expect(client.get('/missing')).rejects.toMatchObject({ status: 404, message: 'no such thing' });
  });

  test('gives its connection away', async () => {
    const { connection, contentType } = await remote().client.hijack('/hijack');
    await connection.write(encode('hello'));
    await connection.closeWrite();
    expect(await textOf(connection.input)).toBe('> HELLO.');
    expect(contentType).toBe('application/vnd.docker.multiplexed-stream');
  });

  test('may be below a path', async () => {
    expect(await remote('/docker').client.get('/x')).toMatchObject({ path: '/docker/v1.50/x' });
  });

  test('that hangs up is an error that names the request', async () => {
    const [ours, theirs] = connectionPair();
    theirs.close();
    const stream = { write: async () => {}, read: () => ours.input, end: () => {}, close: () => ours.close() };
    await expect(new ApiClient(remoteDaemon(async () => stream, 'x:2375')).post('/containers/a/stop', { query: { t: 1 } })).rejects.toThrow(
      'error during connect: Post "http://x:2375/v1.50/containers/a/stop?t=1": EOF',
    );
  });

  test('that is not there is an error, not an answer', async () => {
    const open = (): Promise<DuplexStream> => Promise.reject(new Error('refused'));
    await expect(new ApiClient(remoteDaemon(open, 'x')).get('/x')).rejects.toThrow('refused');
  });
});
