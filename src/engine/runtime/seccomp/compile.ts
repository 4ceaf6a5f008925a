/**
 * Compiles a seccomp profile to the program that the kernel runs on every system call of a container. Done
 * here because compiling it in the guest costs more than the rest of a container's start; crun takes the program
 * as it is, through the annotation `run.oci.seccomp_bpf_data`.
 */
import { base64 } from '../../base64.ts';
import { encodeProgram, type Instruction, instruction, opcodes, type Range, searchTree, seccompData } from './bpf.ts';
import {
  type ArgumentCheck,
  type Decision,
  decisionsFor,
  type SeccompAction,
  type SeccompProfile,
  type SeccompTarget,
  type Verdict,
} from './profile.ts';

export const seccompAnnotation = 'run.oci.seccomp_bpf_data';

const auditArchI386 = 0x40000003;

const returnValues: Record<SeccompAction, number> = {
  SCMP_ACT_ALLOW: 0x7fff0000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
};

const compiled = new WeakMap<SeccompProfile, Map<string, string>>();

/** The annotation's value. Containers of the same capabilities share one program, so it is compiled once. */
export function seccompProgram(profile: SeccompProfile, target: SeccompTarget): string {
  const key = [target.arch, target.kernelVersion, ...[...target.capabilities].sort()].join(' ');
  let programs = compiled.get(profile);
  if (!programs) compiled.set(profile, (programs = new Map()));
  let program = programs.get(key);
  if (program === undefined) programs.set(key, (program = base64(encodeProgram(compileSeccomp(profile, target)))));
  return program;
}

export function compileSeccomp(profile: SeccompProfile, target: SeccompTarget): Instruction[] {
  const { byNumber, fallback } = decisionsFor(profile, target);
  return [
    instruction(opcodes.load, seccompData.arch),
    instruction(opcodes.jumpEqual, auditArchI386, 1, 0),
    instruction(opcodes.return, returnValues.SCMP_ACT_KILL_THREAD),
    instruction(opcodes.load, seccompData.number),
    ...searchTree(toRanges(byNumber, fallback)),
  ];
}

/** Neighbouring numbers with the same plain verdict become one range. */
function toRanges(byNumber: Map<number, Decision>, fallback: Verdict): Range[] {
  const ranges: Range[] = [];
  const plain: Decision = { checks: [], otherwise: fallback };
  let before: Instruction[] | undefined;
  const last = Math.max(-1, ...byNumber.keys());
  for (let number = 0; number <= last + 1; number++) {
    const code = blockOf(byNumber.get(number) ?? plain);
    const same = before?.length === 1 && code.length === 1 && before[0]?.k === code[0]?.k;
    if (!same) ranges.push({ from: number, code });
    before = code;
  }
  return ranges;
}

function blockOf({ checks, otherwise }: Decision): Instruction[] {
  let code = [returnOf(otherwise)];
  for (const { args, verdict } of [...checks].reverse()) {
    let block = [returnOf(verdict)];
    // Built from the end: each check falls into the rest when it holds, else jumps behind it.
    for (const check of [...args].reverse()) block = [...checkCode(check, block.length), ...block];
    code = [...block, ...code];
  }
  return code;
}

/** Skips `length` instructions unless the check holds. Arguments are 32 bits wide here: the low word is all of one. */
function checkCode({ index, value, valueTwo = 0, op }: ArgumentCheck, length: number): Instruction[] {
  const load = instruction(opcodes.load, seccompData.argument(index));
  switch (op) {
    case 'SCMP_CMP_EQ':
      return [load, instruction(opcodes.jumpEqual, value, 0, length)];
    case 'SCMP_CMP_NE':
      return [load, instruction(opcodes.jumpEqual, value, length, 0)];
    case 'SCMP_CMP_GT':
      return [load, instruction(opcodes.jumpGreater, value, 0, length)];
    case 'SCMP_CMP_LE':
      return [load, instruction(opcodes.jumpGreater, value, length, 0)];
    case 'SCMP_CMP_GE':
      return [load, instruction(opcodes.jumpGreaterOrEqual, value, 0, length)];
    case 'SCMP_CMP_LT':
      return [load, instruction(opcodes.jumpGreaterOrEqual, value, length, 0)];
    case 'SCMP_CMP_MASKED_EQ':
      return [load, instruction(opcodes.and, value), instruction(opcodes.jumpEqual, valueTwo, 0, length)];
  }
}

function returnOf({ action, errno }: Verdict): Instruction {
  const data = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? errno & 0xffff : 0;
  return instruction(opcodes.return, returnValues[action] | data);
}
