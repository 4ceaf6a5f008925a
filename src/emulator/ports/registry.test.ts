/** Registries inside the machine, on this computer and elsewhere: who is asked, how, and what is said when nobody answers. */
import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Cancellation } from '#engine/cancellation.ts';
import { EngineError } from '#engine/errors.ts';
import type { RegistryResponse } from '#engine/image/registry-port.ts';
import { exchange, type ByteStream } from './http1-exchange.ts';
import { Registries } from './registry.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const files = { open: () => Promise.resolve(undefined) };
const get = { method: 'GET', path: '/v2/', headers: {} } as const;

async function text({ body }: Pick<RegistryResponse, 'body'>): Promise<string> {
  let all = '';
  for await (const chunk of body) all += new TextDecoder().decode(chunk);
  return all;
}

/** A connection on which a server says these pieces; what it was told is in `written`. */
function connection(...pieces: (string | Uint8Array)[]): ByteStream & { written: string; closed: boolean } {
  return {
    written: '',
    closed: false,
    async write(bytes) {
      this.written += new TextDecoder().decode(bytes);
    },
    async *read() {
      for (const piece of pieces) yield typeof piece === 'string' ? encode(piece) : piece;
    },
    close() {
      this.closed = true;
    },
  };
}

describe('a request over a connection', () => {
  const request = { method: 'GET', host: 'localhost:5000', path: '/v2/', headers: { accept: 'x' } };

  it('is written as HTTP, and its answer read', async () => {
    const stream = connection('HTTP/1.1 200 OK\r\nContent-', 'Length: 5\r\nA: 1\r\nA: 2\r\n\r\nhe', 'llo and more');
    const answer = await exchange(stream, { ...request, method: 'PATCH', body: encode('body') });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '5', a: '1, 2' } });
    expect(await text(answer)).toBe('hello');
    expect(stream.closed).toBe(true);
    expect(stream.written).toBe(
      'PATCH /v2/ HTTP/1.1\r\nhost: localhost:5000\r\nuser-agent: Drydock\r\naccept: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody',
    );
  });

  it.each([
    ['chunks', 'GET', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\n\r\n', 'hello!'],
    ['to the end', 'GET', 'HTTP/1.0 200\r\n\r\nhello', 'hello'],
    ['nothing for HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', ''],
    ['nothing for 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['after a promise', 'GET', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', 'x'],
  ])('reads %s', async (_, method, answer, expected) => {
    // However it is cut.
    for (const size of [1, 3, 1000]) {
      const pieces = answer.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(await text(await exchange(connection(...pieces), { ...request, method }))).toBe(expected);
    }
  });

  it.each([
    ['nothing', '', 'EOF'],
    ['half a head', 'HTTP/1.1 200 OK\r\nA', 'unexpected EOF'],
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n', 'malformed HTTP response "SSH-2.0-OpenSSH"'],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'malformed MIME header line: no colon'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`, 'the head of an HTTP response is too large'],
    ['a line without end', 'x'.repeat(100_000), 'a line of an HTTP response is too long'],
    ['too little', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe', 'unexpected EOF'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', 'bad Content-Length "5, 6"'],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n', 'invalid byte in chunk length'],
    ['a chunk too long', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n', 'malformed chunked encoding'],
  ])('refuses %s', async (_, answer, message) => {
    const stream = connection(answer);
    await expect(exchange(stream, request).then(text)).rejects.toThrow(message);
    expect(stream.closed).toBe(true);
  });

  it('takes anything without harm', async () => {
    const part = fc.oneof(
      fc.constantFrom('HTTP/1.1 200 OK', '\r\n', '\n', ': ', 'Content-Length: 5', 'Transfer-Encoding: chunked', '0', 'ffffffff', 'hello'),
      fc.string({ maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const answered = exchange(connection(...parts), request).then(text);
        await answered.catch((error: unknown) => expect(error).toBeInstanceOf(EngineError));
      }),
    );
  });
});

describe('a registry inside the machine', () => {
  it('is asked before anybody else, over plain HTTP, at the addresses a machine has, if it may be', async () => {
    const dialled: string[] = [];
    const registries = new Registries(files, async (address, port) => {
      dialled.push(`${address.join('.')}:${port}`);
      return connection('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    });
    for (const host of ['localhost:5000', '127.0.0.1:5000', '10.0.0.7:80', '172.17.0.2', '192.168.1.1:5000']) {
      const answer = await registries.request({ ...get, host, insecure: true });
      expect(answer.url).toBe(`http://${host}/v2/`);
      expect(await text(answer)).toBe('{}');
    }
    expect(dialled).toEqual(['127.0.0.1:5000', '127.0.0.1:5000', '10.0.0.7:80', '172.17.0.2:80', '192.168.1.1:5000']);
    await expect(registries.request({ ...get, host: '10.0.0.7:80' })).rejects.toThrow(
      'Get "https://10.0.0.7:80/v2/": http: server gave HTTP response to HTTPS client',
    );
  });

  it('that says nonsense is named', async () => {
    const registries = new Registries(files, async () => connection('SSH-2.0\r\n'));
    await expect(registries.request({ ...get, host: 'localhost:22' })).rejects.toThrow(
      'Get "http://localhost:22/v2/": malformed HTTP response "SSH-2.0"',
    );
  });

  it('that says nothing is left when the client leaves', async () => {
    const cancellation = new Cancellation();
    let end!: () => void;
    const stream: ByteStream = {
      write: async () => {},
      async *read() {
        await new Promise<void>((resolve) => (end = resolve));
      },
      close: () => end(),
    };
    const asked = new Registries(files, async () => stream).request({ ...get, host: 'localhost:5000', cancellation });
    setTimeout(() => cancellation.cancel(), 5);
    await expect(asked).rejects.toThrow('context canceled');
  });
});

describe('a registry on this computer', () => {
  const servers: Server[] = [];
  afterEach(() => {
    vi.unstubAllGlobals();
    for (const server of servers.splice(0)) server.close();
  });

  const serve = async (listener: Parameters<typeof createServer>[1]): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('is reached when nothing listens inside the machine', async () => {
    const host = await serve((request, response) => {
      request.resume().on('end', () => response.writeHead(202, { location: '/x' }).end());
    });
    const registries = new Registries(files);
    const answer = await registries.request({
      method: 'POST',
      host,
      path: '/v2/',
      headers: { 'content-length': '3' },
      body: encode('abc'),
    });
    expect(answer).toMatchObject({ status: 202, url: `http://${host}/v2/`, headers: { location: '/x' } });
  });

  it('that breaks off is said to have done so', async () => {
    const host = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('some');
      setTimeout(() => response.destroy(), 10);
    });
    await expect(new Registries(files).request({ ...get, host }).then(text)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/^unexpected EOF: /) as string,
    });
  });

  it('that never answers is left when the client leaves', async () => {
    const host = await serve(() => {});
    const cancellation = new Cancellation();
    setTimeout(() => cancellation.cancel(), 20);
    await expect(new Registries(files).request({ ...get, host, cancellation })).rejects.toThrow('context canceled');
  });

  it('that is not there is said in Docker’s words', async () => {
    const host = await serve(() => {});
    servers.pop()!.close();
    await expect(new Registries(files).request({ ...get, host })).rejects.toThrow(
      `Get "http://${host}/v2/": dial tcp ${host}: connect: connection refused`,
    );
    await expect(new Registries(files).request({ ...get, host: 'nosuch.invalid' })).rejects.toThrow(
      'Get "https://nosuch.invalid/v2/": dial tcp: lookup nosuch.invalid: no such host',
    );
  });

  it('that wants TLS gets it', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url.split('/')[0]!);
      return url.startsWith('https:')
        ? new Response('{}')
        : new Response('Client sent an HTTP request to an HTTPS server.\n', { status: 400 });
    });
    const registries = new Registries(files);
    expect((await registries.request({ ...get, host: 'localhost:5000' })).status).toBe(200);
    expect((await registries.request({ ...get, host: 'localhost:5000' })).status).toBe(200);
    expect(asked).toEqual(['http:', 'https:', 'https:']);
  });

  it('in a page that is not told why, both reasons are named in one line', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    await expect(new Registries(files).request({ ...get, host: 'ghcr.io' })).rejects.toThrow(
      /^Get "https:\/\/ghcr\.io\/v2\/": the registry at ghcr\.io does not answer, or does not allow this page to ask it \(CORS\)$/,
    );
  });
});
