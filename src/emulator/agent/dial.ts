/** Addresses in the guest that the host connects to or listens on, and the two operations for them. */
import { nothing, op, type Op } from './op.ts';
import type { PayloadWriter } from './payload.ts';

const OP_DIAL = 29;
const OP_LISTEN = 30;

export type DialTarget = { kind: 'tcp' | 'udp'; address: Uint8Array; port: number } | { kind: 'unix'; path: string };

/** The channel opens, or stops, when the connection is decided. `namespace`: path of a network namespace, or the node's own. */
export function dialOp(channel: { id: number; initialCredit: number }, namespace: string, target: DialTarget): Op<void> {
  const encode = (w: PayloadWriter): void => encodeTarget(w.u32(channel.id).u32(channel.initialCredit), namespace, target);
  return op(OP_DIAL, `dial ${nameOf(target)}`, encode, nothing);
}

export function listenOp(id: number, namespace: string, target: DialTarget): Op<void> {
  return op(OP_LISTEN, `listen on ${nameOf(target)}`, (w) => encodeTarget(w.u32(id), namespace, target), nothing);
}

function encodeTarget(w: PayloadWriter, namespace: string, target: DialTarget): void {
  w.text(namespace).u8({ tcp: 0, udp: 1, unix: 2 }[target.kind]);
  if (target.kind === 'unix') w.text(target.path);
  else w.bytes(target.address).u16(target.port);
}

function nameOf(target: DialTarget): string {
  return target.kind === 'unix' ? target.path : `${target.address.join('.')}:${target.port}`;
}
