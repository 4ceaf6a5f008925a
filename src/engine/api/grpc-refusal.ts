/**
 * Answers every gRPC call on a connection with "unimplemented" and a message: enough HTTP/2 for a client of BuildKit's
 * control API to print one line that says why, instead of a connection that breaks off.
 * Source: RFC 9113 (frames), RFC 7541 (header fields as literals), gRPC over HTTP2 ("Trailers-Only").
 */
import { concatBytes } from '../bytes.ts';
import type { Connection } from './http.ts';

const preface = new TextEncoder().encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frameHead = 9;
/** What a peer may send unless it was allowed more. */
const maxFrameBytes = 16_384;

const type = { headers: 1, settings: 4, ping: 6, goAway: 7 } as const;
const flag = { ack: 1, endStream: 1, endHeaders: 4 } as const;
const unimplemented = 12;

/** @param message one line of printable ASCII */
export async function refuseGrpc(connection: Connection, message: string): Promise<void> {
  await connection.write(frame(type.settings, 0, 0, new Uint8Array()));
  let waiting: Uint8Array = new Uint8Array();
  let greeted = false;
  for await (const chunk of connection.input) {
    waiting = concatBytes([waiting, chunk]);
    if (!greeted) {
      if (waiting.length < preface.length) continue;
      if (preface.some((byte, at) => waiting[at] !== byte)) return;
      waiting = waiting.subarray(preface.length);
      greeted = true;
    }
    while (waiting.length >= frameHead) {
      const length = (waiting[0]! << 16) | (waiting[1]! << 8) | waiting[2]!;
      if (length > maxFrameBytes) return;
      if (waiting.length < frameHead + length) break;
      const head = { type: waiting[3]!, flags: waiting[4]!, stream: streamOf(waiting) };
      const payload = waiting.subarray(frameHead, frameHead + length);
      waiting = waiting.subarray(frameHead + length);
      if (head.type === type.goAway) return;
      const answer = answerTo(head, payload, message);
      if (answer) await connection.write(answer);
    }
  }
}

function answerTo(head: { type: number; flags: number; stream: number }, payload: Uint8Array, message: string): Uint8Array | undefined {
  const isAck = (head.flags & flag.ack) !== 0;
  if (head.type === type.settings && !isAck) return frame(type.settings, flag.ack, 0, new Uint8Array());
  if (head.type === type.ping && !isAck) return frame(type.ping, flag.ack, 0, payload);
  if (head.type !== type.headers) return undefined;
  const fields = concatBytes([
    // `:status: 200` has a number of its own.
    Uint8Array.of(0x88),
    literal('content-type', 'application/grpc'),
    literal('grpc-status', String(unimplemented)),
    literal('grpc-message', encodeURI(message)),
  ]);
  return frame(type.headers, flag.endStream | flag.endHeaders, head.stream, fields);
}

function streamOf(bytes: Uint8Array): number {
  return ((bytes[5]! & 0x7f) << 24) | (bytes[6]! << 16) | (bytes[7]! << 8) | bytes[8]!;
}

function frame(kind: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = Uint8Array.of(
    payload.length >> 16,
    payload.length >> 8,
    payload.length,
    kind,
    flags,
    stream >> 24,
    stream >> 16,
    stream >> 8,
    stream,
  );
  return concatBytes([head, payload]);
}

/** A header field that is not kept in any table. */
function literal(name: string, value: string): Uint8Array {
  const text = (content: string): Uint8Array[] => {
    const bytes = new TextEncoder().encode(content);
    return [lengthOf(bytes.length), bytes];
  };
  return concatBytes([Uint8Array.of(0), ...text(name), ...text(value)]);
}

/** An integer with a prefix of seven bits. */
function lengthOf(value: number): Uint8Array {
  if (value < 127) return Uint8Array.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Uint8Array.of(...bytes, rest);
}
