/**
 * Classic BPF as seccomp runs it: instructions, their bytes, and a search tree that finds a system call's
 * block in a handful of jumps. Jumps go forward only; a conditional one reaches 255 instructions.
 * Source: Linux, Documentation/networking/filter.rst and include/uapi/linux/seccomp.h.
 */
import { assert } from '../../assert.ts';

export interface Instruction {
  code: number;
  jumpTrue: number;
  jumpFalse: number;
  /** Unsigned 32 bits. */
  k: number;
}

export const opcodes = {
  /** Loads the 32-bit word at offset k of struct seccomp_data. */
  load: 0x20,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  and: 0x54,
  return: 0x06,
} as const;

/** Offsets in struct seccomp_data. */
export const seccompData = { number: 0, arch: 4, argument: (index: number): number => 16 + 8 * index } as const;

export const farthestJump = 255;

export function instruction(code: number, k: number, jumpTrue = 0, jumpFalse = 0): Instruction {
  return { code, jumpTrue, jumpFalse, k: k >>> 0 };
}

/** A block of code that runs for all numbers from `from` to the next block's. Ends in a return on every path. */
export interface Range {
  from: number;
  code: Instruction[];
}

/** Code that, with a number in the accumulator, runs its range's block. @param ranges ascending, the first from 0 */
export function searchTree(ranges: Range[]): Instruction[] {
  assert(ranges.length > 0, 'a search tree has a range');
  const [first] = ranges as [Range];
  if (ranges.length === 1) return first.code;
  const middle = ranges.length >> 1;
  const low = searchTree(ranges.slice(0, middle));
  const high = searchTree(ranges.slice(middle));
  const { from } = ranges[middle] as Range;
  if (low.length <= farthestJump) return [instruction(opcodes.jumpGreaterOrEqual, from, low.length, 0), ...low, ...high];
  return [instruction(opcodes.jumpGreaterOrEqual, from, 0, 1), instruction(opcodes.jump, low.length), ...low, ...high];
}

/** Array of struct sock_filter, little endian. */
export function encodeProgram(program: Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jumpTrue, jumpFalse, k }] of program.entries()) {
    assert(jumpTrue <= farthestJump && jumpFalse <= farthestJump, 'conditional jumps fit in a byte');
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jumpTrue);
    view.setUint8(index * 8 + 3, jumpFalse);
    view.setUint32(index * 8 + 4, k, true);
  }
  return bytes;
}
