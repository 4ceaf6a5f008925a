/** An operation of a batch: how it is written, how its value is read. `ops.ts` has one builder for each. */
import { PayloadError, type PayloadReader, type PayloadWriter } from './payload.ts';

export interface Op<R = unknown> {
  /** For people, with the path: `mount /proc`. */
  readonly name: string;
  readonly code: number;
  /** Its failure does not stop the batch; the value is then undefined. */
  readonly mayFail: boolean;
  encode(writer: PayloadWriter): void;
  decode(reader: PayloadReader): R;
}

/** Values of a batch, in its order. */
export type OpResults<T extends readonly Op[]> = { -readonly [K in keyof T]: T[K] extends Op<infer R> ? R : never };

export function op<R>(code: number, name: string, encode: (writer: PayloadWriter) => void, decode: (reader: PayloadReader) => R): Op<R> {
  return { name, code, mayFail: false, encode, decode };
}

/** A step whose failure does not stop the batch; its value is then undefined. */
export function mayFail<R>(step: Op<R>): Op<R | undefined> {
  return { ...step, mayFail: true };
}

export const nothing = (): void => {};

const FLAG_MAY_FAIL = 1;
const BATCH_BACKGROUND = 1;

/** Where a batch runs: in a node's namespaces (0 is the guest itself), or with a stub's files and rights. */
export type Where = { node: number } | { stub: number };

/** The payload of BATCH. */
export function encodeBatch(writer: PayloadWriter, where: Where, ops: readonly Op[], background: boolean): void {
  writer
    .u8('stub' in where ? 1 : 0)
    .u8(background ? BATCH_BACKGROUND : 0)
    .u16(ops.length)
    .u32('stub' in where ? where.stub : where.node);
  for (const step of ops) {
    writer.u8(step.code).u8(step.mayFail ? FLAG_MAY_FAIL : 0);
    const lengthAt = writer.at;
    writer.u32(0);
    step.encode(writer);
    writer.setU32(lengthAt, writer.at - lengthAt - 4);
  }
}

/** One line of RESULT: the value's bytes, or the error number and text. */
export interface OpOutcome {
  errno: number;
  bytes: Uint8Array;
}

export interface BatchOutcome {
  /** 0 all done, 1 the last outcome stopped the batch, 2 the place could not be entered. */
  kind: number;
  outcomes: OpOutcome[];
}

export function decodeResult(reader: PayloadReader): BatchOutcome {
  const kind = reader.u8();
  const count = reader.u16();
  const outcomes: OpOutcome[] = [];
  for (let index = 0; index < count; index++) outcomes.push({ errno: reader.u32(), bytes: reader.bytes() });
  if (reader.left > 0) throw new PayloadError('result with trailing bytes');
  return { kind, outcomes };
}
