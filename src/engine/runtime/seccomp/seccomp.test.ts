import { describe, expect, it } from 'vitest';
import { base64 } from '../../base64.ts';
import { encodeProgram, type Instruction, opcodes } from './bpf.ts';
import { compileSeccomp, seccompProgram } from './compile.ts';
import { defaultProfile } from './default-profile.ts';
import { type ArgumentCheck, decisionsFor, type SeccompProfile, type SeccompTarget } from './profile.ts';
import { i386Syscalls } from './syscalls-i386.ts';

const i386 = 0x40000003;
const allow = 0x7fff0000;
const errno = (number: number): number => 0x00050000 | number;
const EPERM = errno(1);

const dockerCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
].map((name) => `CAP_${name}`);

const target = (...more: string[]): SeccompTarget => ({
  arch: 'x86',
  capabilities: [...dockerCapabilities, ...more],
  kernelVersion: '6.1.176-drydock',
});

/** Runs a program as the kernel would; counts steps. */
function run(program: Instruction[], call: { number: number; args?: number[]; arch?: number }): { value: number; steps: number } {
  const words = [call.number, call.arch ?? i386, 0, 0];
  for (let index = 0; index < 6; index++) words.push((call.args?.[index] ?? 0) >>> 0, 0);
  let accumulator = 0;
  let at = 0;
  for (let steps = 1; ; steps++) {
    const { code, jumpTrue, jumpFalse, k } = program[at++] as Instruction;
    if (code === opcodes.load) accumulator = words[k / 4] as number;
    else if (code === opcodes.and) accumulator = (accumulator & k) >>> 0;
    else if (code === opcodes.jump) at += k;
    else if (code === opcodes.jumpEqual) at += accumulator === k ? jumpTrue : jumpFalse;
    else if (code === opcodes.jumpGreater) at += accumulator > k ? jumpTrue : jumpFalse;
    else if (code === opcodes.jumpGreaterOrEqual) at += accumulator >= k ? jumpTrue : jumpFalse;
    else if (code === opcodes.return) return { value: k, steps };
    else throw new Error(`unknown code ${code}`);
  }
}

const answer = (program: Instruction[], name: string, ...args: number[]): number =>
  run(program, { number: i386Syscalls.get(name) as number, args }).value;

describe("Docker's default profile on i386", () => {
  const program = compileSeccomp(defaultProfile, target());

  it('gives each call number what the profile says', () => {
    const { byNumber } = decisionsFor(defaultProfile, target());
    for (let number = 0; number < 600; number++) {
      const decision = byNumber.get(number);
      if (decision && decision.checks.length > 0) continue;
      const verdict = decision?.otherwise ?? { action: 'SCMP_ACT_ERRNO', errno: 1 };
      expect([number, run(program, { number }).value]).toEqual([
        number,
        verdict.action === 'SCMP_ACT_ALLOW' ? allow : errno(verdict.errno),
      ]);
    }
    expect(run(program, { number: 0xffffffff }).value).toBe(EPERM);
  });

  it('allows what programs need and refuses what reaches the host', () => {
    for (const name of [
      'read',
      'write',
      'execve',
      'openat',
      'mmap2',
      'futex_time64',
      'clock_gettime64',
      'chroot',
      'ptrace',
      'modify_ldt',
      'statx',
    ])
      expect([name, answer(program, name)]).toEqual([name, allow]);
    for (const name of [
      'mount',
      'umount2',
      'reboot',
      'init_module',
      'bpf',
      'setns',
      'unshare',
      'swapon',
      'kexec_load',
      'settimeofday',
      'keyctl',
      'sethostname',
      'iopl',
      'vm86',
    ]) {
      expect([name, answer(program, name)]).toEqual([name, EPERM]);
    }
  });

  it('looks at the flags of clone, and sends clone3 back to it', () => {
    const [CLONE_VM, CLONE_NEWUSER, CLONE_NEWNS] = [0x100, 0x10000000, 0x20000];
    expect(answer(program, 'clone', CLONE_VM | 17)).toBe(allow);
    expect(answer(program, 'clone', CLONE_NEWUSER | 17)).toBe(EPERM);
    expect(answer(program, 'clone', CLONE_NEWNS)).toBe(EPERM);
    expect(answer(program, 'clone3')).toBe(errno(38));
  });

  it('looks at the family of socket and at personality', () => {
    expect(answer(program, 'socket', 2)).toBe(allow);
    expect(answer(program, 'socket', 40)).toBe(EPERM);
    for (const persona of [0, 8, 0x20000, 0x20008, 0xffffffff]) expect(answer(program, 'personality', persona)).toBe(allow);
    expect(answer(program, 'personality', 0x40000)).toBe(EPERM);
  });

  it('gives more to more capabilities', () => {
    const admin = compileSeccomp(defaultProfile, target('CAP_SYS_ADMIN', 'CAP_SYS_TIME'));
    for (const name of ['mount', 'unshare', 'clone3', 'settimeofday', 'clock_settime64'])
      expect([name, answer(admin, name)]).toEqual([name, allow]);
    expect(answer(admin, 'clone', 0x10000000)).toBe(allow);
    expect(answer(admin, 'reboot')).toBe(EPERM);
    const without = compileSeccomp(defaultProfile, { ...target(), capabilities: [] });
    expect(answer(without, 'chroot')).toBe(EPERM);
  });

  it('kills calls made for another machine', () => {
    expect(run(program, { number: 4, arch: 0xc000003e }).value).toBe(0);
  });

  it('decides in few steps', () => {
    let worst = 0;
    for (let number = 0; number < 600; number++) worst = Math.max(worst, run(program, { number }).steps);
    expect(worst).toBeLessThan(30);
    expect(program.length).toBeLessThan(4096);
  });

  it('has the bytes of struct sock_filter', () => {
    const bytes = encodeProgram(program);
    expect(bytes.length).toBe(program.length * 8);
    expect([...bytes.slice(0, 16)]).toEqual([0x20, 0, 0, 0, 4, 0, 0, 0, 0x15, 0, 1, 0, 3, 0, 0, 0x40]);
    expect(Buffer.from(seccompProgram(defaultProfile, target()), 'base64')).toEqual(Buffer.from(bytes));
  });

  it('refuses machines it has no numbers for', () => {
    expect(() => compileSeccomp(defaultProfile, { ...target(), arch: 'arm64' })).toThrow(/not available for arm64/);
  });
});

describe('other profiles', () => {
  const check = (op: ArgumentCheck['op'], value: number, valueTwo?: number): Instruction[] => {
    const profile: SeccompProfile = {
      defaultAction: 'SCMP_ACT_KILL_PROCESS',
      syscalls: [
        { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value, op, ...(valueTwo === undefined ? {} : { valueTwo }) }] },
      ],
    };
    return compileSeccomp(profile, target());
  };
  const cases: [ArgumentCheck['op'], (argument: number) => boolean, number?][] = [
    ['SCMP_CMP_EQ', (argument) => argument === 5],
    ['SCMP_CMP_NE', (argument) => argument !== 5],
    ['SCMP_CMP_LT', (argument) => argument < 5],
    ['SCMP_CMP_LE', (argument) => argument <= 5],
    ['SCMP_CMP_GT', (argument) => argument > 5],
    ['SCMP_CMP_GE', (argument) => argument >= 5],
    ['SCMP_CMP_MASKED_EQ', (argument) => (argument & 5) === 4, 4],
  ];
  it.each(cases)('%s', (op, holds, valueTwo) => {
    const program = check(op, 5, valueTwo);
    for (const argument of [0, 1, 4, 5, 6, 7, 12, 0xffffffff]) {
      expect(answer(program, 'read', 0, argument)).toBe(holds(argument) ? allow : 0x80000000);
    }
    expect(answer(program, 'write')).toBe(0x80000000);
  });

  it('wants every argument of a rule and any rule of a call', () => {
    const both: SyscallRuleArgs = [
      { index: 0, value: 1, op: 'SCMP_CMP_EQ' },
      { index: 1, value: 2, op: 'SCMP_CMP_EQ' },
    ];
    const program = compileSeccomp(
      {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          { name: 'mkdir', action: 'SCMP_ACT_ERRNO', errnoRet: 13, args: both },
          { names: ['mkdir'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 9, op: 'SCMP_CMP_EQ' }] },
        ],
      },
      target(),
    );
    expect(answer(program, 'mkdir', 1, 2)).toBe(errno(13));
    expect(answer(program, 'mkdir', 1, 3)).toBe(allow);
    expect(answer(program, 'mkdir', 9)).toBe(EPERM);
  });

  it('encodes base64 of every length', () => {
    for (const text of ['', 'a', 'ab', 'abc', 'abcd'])
      expect(base64(new TextEncoder().encode(text))).toBe(Buffer.from(text).toString('base64'));
  });
});

type SyscallRuleArgs = ArgumentCheck[];
