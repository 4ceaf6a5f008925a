/** A WebSocket over a connection that a request took over: bytes of messages in, binary messages out. Source: RFC 6455. */
import { concatBytes } from '../bytes.ts';
import { base64 } from '../base64.ts';
import type { Connection } from './http.ts';

const CLOSE = 8;
const PING = 9;
const PONG = 10;
const handshakeId = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What the answer's head says for the key of the request. */
export function acceptKey(key: string): string {
  return base64(sha1(new TextEncoder().encode(key + handshakeId)));
}

/** The connection as its user sees it: without frames. */
export function websocketConnection(connection: Connection): Connection {
  const send = (opcode: number, payload: Uint8Array): Promise<void> =>
    connection.write(concatBytes([frameHead(opcode, payload.length), payload]));
  return {
    input: messages(connection, send),
    write: (bytes) => send(2, bytes),
    async closeWrite() {
      await send(CLOSE, new Uint8Array());
      await connection.closeWrite();
    },
    closed: connection.closed,
  };
}

function frameHead(opcode: number, length: number): Uint8Array {
  if (length < 126) return Uint8Array.of(0x80 | opcode, length);
  if (length < 65_536) return Uint8Array.of(0x80 | opcode, 126, length >> 8, length & 0xff);
  const head = new Uint8Array(10);
  head.set([0x80 | opcode, 127]);
  new DataView(head.buffer).setUint32(6, length);
  return head;
}

/** What the client's messages hold, until it closes; pings are answered. */
async function* messages(connection: Connection, send: (opcode: number, payload: Uint8Array) => Promise<void>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array();
  for await (const bytes of connection.input) {
    held = concatBytes([held, bytes]);
    for (let frame = readFrame(held); frame; frame = readFrame(held)) {
      held = held.subarray(frame.end);
      if (frame.opcode === CLOSE) return;
      if (frame.opcode === PING) await send(PONG, frame.payload);
      else if (frame.opcode < CLOSE && frame.payload.length > 0) yield frame.payload;
    }
  }
}

/** The first frame, when it is there as a whole. */
function readFrame(bytes: Uint8Array): { opcode: number; payload: Uint8Array; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const masked = (view.getUint8(1) & 0x80) !== 0;
  const short = view.getUint8(1) & 0x7f;
  const lengthSize = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + lengthSize + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length = short === 127 ? view.getUint32(6) : short === 126 ? view.getUint16(2) : short;
  const end = start + length;
  if (bytes.length < end) return undefined;
  const payload = bytes.slice(start, end);
  if (masked) for (let index = 0; index < length; index++) payload[index]! ^= bytes[start - 4 + (index % 4)]!;
  return { opcode: view.getUint8(0) & 0x0f, payload, end };
}

/** Only WebSocket's handshake needs it. Source: RFC 3174. */
function sha1(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let block = 0; block < padded.length; block += 64) {
    const words: number[] = [];
    for (let i = 0; i < 80; i++) {
      words.push(i < 16 ? view.getUint32(block + i * 4) : rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1));
    }
    let [a, b, c, d, e] = state as [number, number, number, number, number];
    for (let i = 0; i < 80; i++) {
      const [mix, constant] =
        i < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : i < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : i < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6];
      const next = (rotate(a, 5) + mix + e + constant + words[i]!) | 0;
      [a, b, c, d, e] = [next, a, rotate(b, 30), c, d];
    }
    state = [a, b, c, d, e].map((word, i) => (word + state[i]!) | 0);
  }
  const digest = new Uint8Array(20);
  state.forEach((word, i) => new DataView(digest.buffer).setUint32(i * 4, word));
  return digest;
}
