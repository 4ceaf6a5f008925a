/** Names and the line that says what is missing, over a pretended agent; the guest's part is in mirror.machine.test.ts. */
import { expect, test } from 'vitest';
import type { AgentClient } from '../agent/client.ts';
import { packDatagram, unpackDatagram } from '../agent/dial.ts';
import { recordType, writeQuery } from '../dns/message.ts';
import { PackageMirror, type MirrorEvent } from './mirror.ts';

const node1 = Uint8Array.of(192, 168, 65, 10);

/** A bound socket of the guest. */
class Socket {
  readonly id = 7;
  readonly sent: Uint8Array[] = [];
  #waiting: Uint8Array[] = [];
  #wake = (): void => {};

  hear(bytes: Uint8Array, address = node1): void {
    this.#waiting.push(packDatagram({ address, port: 4321, bytes }));
    this.#wake();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next) yield next;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  write(packed: Uint8Array): Promise<void> {
    this.sent.push(packed);
    return Promise.resolve();
  }
}

async function open(now: () => number = () => 0): Promise<{ socket: Socket; events: MirrorEvent[]; mirror: PackageMirror }> {
  const socket = new Socket();
  const agent = { bind: () => Promise.resolve(socket), listen: () => Promise.resolve({ id: 8, close: () => {} }) };
  const mirror = await PackageMirror.open(agent as unknown as AgentClient, { open: () => Promise.resolve(undefined) }, now);
  const events: MirrorEvent[] = [];
  mirror.watch((event) => events.push(event));
  return { socket, events, mirror };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const codes = ({ sent }: Socket): number[] => sent.map((packed) => (unpackDatagram(packed).bytes[3] ?? 0) & 0xf);

test('the mirror’s names have its address, whatever their case', async () => {
  const { socket, events } = await open();
  socket.hear(writeQuery(1, { name: 'deb.debian.org', type: recordType.a }));
  socket.hear(writeQuery(2, { name: 'PyPI.org', type: recordType.a }));
  socket.hear(writeQuery(3, { name: 'pypi.org', type: recordType.aaaa }));
  await turn();
  const answers = socket.sent.map((packed) => unpackDatagram(packed));
  expect(answers.map(({ address, port }) => [address.join('.'), port])).toEqual(Array(3).fill(['192.168.65.10', 4321]));
  expect(answers.map(({ bytes }) => [bytes[1], bytes[7], bytes.slice(-4).join('.')])).toEqual([
    [1, 1, '192.168.65.7'],
    [2, 1, '192.168.65.7'],
    [3, 0, '0.28.0.1'],
  ]);
  expect(events).toEqual([]);
});

test('other names fail at once for every resolver, and are told once', async () => {
  let nowMs = 0;
  const { socket, events } = await open(() => nowMs);
  for (const type of [recordType.a, recordType.aaaa, recordType.a]) socket.hear(writeQuery(1, { name: 'example.com', type }));
  await turn();
  expect(codes(socket)).toEqual([2, 3, 2, 3, 2, 3]);
  expect(events).toEqual([
    {
      node: 1,
      kind: 'name',
      asked: 'example.com',
      line: 'There is no internet here: example.com cannot be reached; deb.debian.org, download.docker.com, pypi.org, registry.npmjs.org answer from inside the sandbox.',
    },
  ]);
  nowMs = 10_000;
  socket.hear(writeQuery(1, { name: 'example.com', type: recordType.a }));
  socket.hear(writeQuery(1, { name: '2.0.17.172.in-addr.arpa', type: recordType.ptr }));
  await turn();
  expect(events).toHaveLength(2);
});

test('what is no question gets no answer', async () => {
  const { socket } = await open();
  socket.hear(new Uint8Array());
  socket.hear(Uint8Array.of(1, 2, 3));
  socket.hear(writeQuery(1, { name: 'deb.debian.org', type: recordType.a }).with(2, 0x81));
  await turn();
  expect(socket.sent).toEqual([]);
});

test('a crowd of names is forgotten, oldest first', async () => {
  const { socket, events, mirror } = await open();
  for (let at = 0; at < 150; at++) socket.hear(writeQuery(1, { name: `host${at}.example`, type: recordType.a }));
  await turn();
  socket.hear(writeQuery(1, { name: 'host149.example', type: recordType.a }));
  socket.hear(writeQuery(1, { name: 'host0.example', type: recordType.a }));
  await turn();
  expect(events.slice(150).map(({ asked }) => asked)).toEqual(['host0.example']);
  expect(mirror.save()).toEqual({ listener: 8, names: 7 });
});
