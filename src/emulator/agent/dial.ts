/** Addresses in the guest that the host connects to, listens on or answers datagrams at, and the operations for them. */
import { nothing, op, type Op } from './op.ts';
import type { PayloadWriter } from './payload.ts';

const OP_DIAL = 29;
const OP_LISTEN = 30;
const OP_BIND = 33;

export type DialTarget = { kind: 'tcp' | 'udp'; address: Uint8Array; port: number } | { kind: 'unix'; path: string };

/** The channel opens, or stops, when the connection is decided. `namespace`: path of a network namespace, or the node's own. */
export function dialOp(channel: { id: number; initialCredit: number }, namespace: string, target: DialTarget): Op<void> {
  const encode = (w: PayloadWriter): void => encodeTarget(w.u32(channel.id).u32(channel.initialCredit), namespace, target);
  return op(OP_DIAL, `dial ${nameOf(target)}`, encode, nothing);
}

export function listenOp(id: number, namespace: string, target: DialTarget): Op<void> {
  return op(OP_LISTEN, `listen on ${nameOf(target)}`, (w) => encodeTarget(w.u32(id), namespace, target), nothing);
}

/** Each DATA frame of the channel is one datagram, see `packDatagram`. */
export function bindOp(channel: { id: number; initialCredit: number }, namespace: string, address: Uint8Array, port: number): Op<void> {
  const target: DialTarget = { kind: 'udp', address, port };
  const encode = (w: PayloadWriter): void => encodeTarget(w.u32(channel.id).u32(channel.initialCredit), namespace, target);
  return op(OP_BIND, `bind ${nameOf(target)}`, encode, nothing);
}

export interface Datagram {
  /** Of the other end; IPv4. */
  address: Uint8Array;
  port: number;
  bytes: Uint8Array;
}

const DATAGRAM_HEAD_BYTES = 6;

export function packDatagram({ address, port, bytes }: Datagram): Uint8Array {
  const packed = new Uint8Array(DATAGRAM_HEAD_BYTES + bytes.length);
  packed.set(address.subarray(0, 4));
  packed[4] = port & 0xff;
  packed[5] = port >> 8;
  packed.set(bytes, DATAGRAM_HEAD_BYTES);
  return packed;
}

export function unpackDatagram(packed: Uint8Array): Datagram {
  const port = (packed[4] ?? 0) | ((packed[5] ?? 0) << 8);
  return { address: packed.slice(0, 4), port, bytes: packed.subarray(DATAGRAM_HEAD_BYTES) };
}

function encodeTarget(w: PayloadWriter, namespace: string, target: DialTarget): void {
  w.text(namespace).u8({ tcp: 0, udp: 1, unix: 2 }[target.kind]);
  if (target.kind === 'unix') w.text(target.path);
  else w.bytes(target.address).u16(target.port);
}

function nameOf(target: DialTarget): string {
  return target.kind === 'unix' ? target.path : `${target.address.join('.')}:${target.port}`;
}
