import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import http2 from 'node:http2';
import { expect, test } from 'vitest';
import { refuseGrpc } from './grpc-refusal.ts';
import type { Connection } from './http.ts';

function connectionOf(socket: Socket): Connection {
  return {
    input: socket,
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    closeWrite: () => Promise.resolve(void socket.end()),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

test('a client that speaks gRPC is told why, at every call', async () => {
  const server = createServer(
    (socket) => void refuseGrpc(connectionOf(socket), 'not here: build otherwise').finally(() => socket.destroy()),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const client = http2.connect('http://127.0.0.1', { createConnection: () => connect(port, '127.0.0.1') });
  for (const path of ['/moby.buildkit.v1.Control/ListWorkers', '/moby.buildkit.v1.Control/Solve']) {
    const call = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    call.end(Buffer.from([0, 0, 0, 0, 0]));
    const [headers] = (await once(call, 'response')) as [Record<string, string | number>];
    expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'not%20here:%20build%20otherwise' });
    call.resume();
    await once(call, 'close');
  }
  client.close();
  server.close();
});

test.each([[new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n')], [new Uint8Array(100).fill(255)]])(
  'what is no HTTP/2 ends it',
  async (bytes) => {
    const written: Uint8Array[] = [];
    const input = (async function* () {
      yield bytes;
      await new Promise(() => {});
    })();
    await refuseGrpc(
      { input, write: async (sent) => void written.push(sent), closeWrite: async () => {}, closed: new Promise(() => {}) },
      'no',
    );
    expect(written).toHaveLength(1);
  },
);
