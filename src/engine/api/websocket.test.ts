import { describe, expect, it } from 'vitest';
import { connectionPair } from './connection.ts';
import { acceptKey, websocketConnection } from './websocket.ts';
import { TestDocker } from '../testing/test-docker.ts';

/** A client's frame: masked. */
function frame(opcode: number, text: string): Uint8Array {
  const mask = [1, 2, 3, 4];
  const payload = new TextEncoder().encode(text).map((byte, index) => byte ^ mask[index % 4]!);
  return Uint8Array.of(0x80 | opcode, 0x80 | payload.length, ...mask, ...payload);
}

describe('a websocket', () => {
  it('accepts with the key of RFC 6455', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('reads messages in pieces, answers pings, ends with the close', async () => {
    const [client, server] = connectionPair();
    const socket = websocketConnection(server);
    const sent = [...frame(2, 'ab'), ...frame(9, 'p'), ...frame(1, 'c'), ...frame(8, '')];
    for (const byte of [sent.slice(0, 3), sent.slice(3, 9), sent.slice(9)]) await client.write(Uint8Array.from(byte));
    const read: string[] = [];
    for await (const bytes of socket.input) read.push(new TextDecoder().decode(bytes));
    expect(read).toEqual(['ab', 'c']);
    await socket.write(new Uint8Array(300));
    const answers: number[][] = [];
    server.close();
    for await (const bytes of client.input) answers.push([...bytes.subarray(0, 4)]);
    expect(answers).toEqual([
      [0x8a, 1, 112],
      [0x82, 126, 1, 44],
    ]);
  });

  it('GET /containers/{id}/attach/ws carries a container’s output and input', async () => {
    const docker = await TestDocker.start();
    await docker.runDetached(['cat'], { name: 'web', OpenStdin: true });
    const answer = await docker.node.engine.api({
      method: 'GET',
      path: '/v1.50/containers/web/attach/ws',
      query: new Map([
        ['stream', ['1']],
        ['stdin', ['1']],
        ['stdout', ['1']],
      ]),
      headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
      body: (async function* () {})(),
    });
    expect(answer.headers['Sec-WebSocket-Accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    if (answer.body.kind !== 'hijack') throw new Error('not taken over');
    const [client, server] = connectionPair();
    void answer.body.run(server);
    await client.write(frame(2, 'hello\n'));
    const first = await client.input[Symbol.asyncIterator]().next();
    expect([...(first.value as Uint8Array)]).toEqual([0x82, 6, ...new TextEncoder().encode('hello\n')]);
    client.close();
  });
});
