/** Against Node's own HTTP server, over connections as a machine gives them. */
import { createServer, type RequestListener } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TcpConnection } from '#emulator/machine-api.ts';
import { GuestHttp, NoAnswer, type GuestAnswer } from './guest-http.ts';

let server: Server;
let connections = 0;
let http: GuestHttp;
const decoder = new TextDecoder();

function dial(port: number): Promise<TcpConnection | undefined> {
  connections++;
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => resolve(undefined));
    const closed = new Promise<void>((settle) => socket.on('close', () => settle()));
    socket.on('connect', () =>
      resolve({
        input: (async function* () {
          for await (const chunk of socket) yield new Uint8Array(chunk as Buffer);
        })(),
        write: (bytes) => new Promise((settle, reject) => socket.write(bytes, (error) => (error ? reject(error) : settle()))),
        closeWrite: () => Promise.resolve(void socket.end()),
        closed,
        close: () => socket.destroy(),
      }),
    );
  });
}

async function listen(made: Server): Promise<void> {
  server = made;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  http = new GuestHttp(() => dial(port));
}

const answering = (listener: RequestListener): Promise<void> => listen(createServer(listener));

async function text({ body }: GuestAnswer): Promise<string> {
  let all = '';
  for await (const bytes of body) all += decoder.decode(bytes, { stream: true });
  return all;
}

const get = { method: 'GET', target: '/', headers: [['Host', 'localhost']] as [string, string][] };

beforeEach(() => void (connections = 0));
afterEach(() => {
  http.close();
  server.close();
});

describe('HTTP with a port', () => {
  it('asks several times on one connection', async () => {
    await answering((request, response) => response.end(`you asked for ${request.url}`));
    for (const target of ['/a', '/b', '/c']) expect(await text(await http.request({ ...get, target }))).toBe(`you asked for ${target}`);
    expect(connections).toBe(1);
  });

  it('asks at most six at a time', async () => {
    let open = 0;
    let most = 0;
    await answering((_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.end('ok');
      }, 20);
    });
    const answers = await Promise.all(Array.from({ length: 20 }, async () => text(await http.request(get))));
    expect(answers).toEqual(Array(20).fill('ok'));
    expect([most, connections]).toEqual([6, 6]);
  });

  it('reads chunks as they come, and leaves a stream that never ends', async () => {
    let gone = false;
    await answering((request, response) => {
      response.write('first');
      request.on('close', () => (gone = true));
    });
    const { body } = await http.request(get);
    for await (const bytes of body) {
      expect(decoder.decode(bytes)).toBe('first');
      break;
    }
    await expect.poll(() => gone).toBe(true);
  });

  it('sends a short body with its length and a long one in chunks', async () => {
    await answering((request, response) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => response.end(`${size} ${request.headers['content-length'] ?? request.headers['transfer-encoding']}`));
    });
    async function* pieces(count: number): AsyncGenerator<Uint8Array> {
      for (let piece = 0; piece < count; piece++) yield new Uint8Array(1 << 20);
    }
    expect(await text(await http.request({ ...get, method: 'POST', body: pieces(2) }))).toBe('2097152 2097152');
    expect(await text(await http.request({ ...get, method: 'POST', body: pieces(9) }))).toBe('9437184 chunked');
    expect(await text(await http.request({ ...get, method: 'POST' }))).toBe('0 0');
  });

  it('keeps each Set-Cookie apart', async () => {
    await answering((_, response) => response.setHeader('Set-Cookie', ['a=1', 'b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT']).end());
    const { headers, body } = await http.request(get);
    for await (const _ of body);
    expect(headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
      'a=1',
      'b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT',
    ]);
  });

  it('asks again when a kept connection has just been closed', async () => {
    let count = 0;
    await listen(
      createTcpServer((socket) => {
        const mine = ++count;
        let asked = 0;
        socket.on('error', () => {});
        socket.on('data', () => {
          if (mine === 1 && ++asked === 2) socket.destroy();
          else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${mine}`);
        });
      }),
    );
    expect(await text(await http.request(get))).toBe('1');
    expect(await text(await http.request(get))).toBe('2');
  });

  it.each([
    ['-ERR unknown command\r\n', 'not-http'],
    ['', 'silent'],
    ['HTTP/1.1 two hundred\r\n\r\n', 'not-http'],
  ])('a server that says %j is %s', async (said, failure) => {
    await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(said));
      }),
    );
    await expect(http.request(get)).rejects.toMatchObject({ failure });
  });

  it('says that nobody listens', async () => {
    await answering(() => {});
    http = new GuestHttp(() => Promise.resolve(undefined));
    await expect(http.request(get)).rejects.toEqual(new NoAnswer('refused', 'connection refused'));
  });

  it('stops waiting when nobody wants the answer any more', async () => {
    let gone = false;
    await answering((request) => void request.on('close', () => (gone = true)));
    const leaving = new AbortController();
    const asked = http.request(get, leaving.signal);
    setTimeout(() => leaving.abort(), 30);
    await expect(asked).rejects.toThrow();
    await expect.poll(() => gone).toBe(true);
  });
});
