/**
 * Seccomp profiles in Docker's form: rules with what must be true of the container for them to count. A
 * profile becomes, for one container, what to do with each system call by number.
 * Source: moby profiles/seccomp, seccomp_linux.go.
 */
import { EngineError } from '../../errors.ts';
import { i386Syscalls } from './syscalls-i386.ts';

export type SeccompAction =
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_TRACE';

export type SeccompOperator =
  'SCMP_CMP_NE' | 'SCMP_CMP_LT' | 'SCMP_CMP_LE' | 'SCMP_CMP_EQ' | 'SCMP_CMP_GE' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ';

export interface ArgumentCheck {
  index: number;
  value: number;
  /** For MASKED_EQ: what the argument, masked by `value`, must equal. */
  valueTwo?: number;
  op: SeccompOperator;
}

interface Conditions {
  caps?: string[];
  arches?: string[];
  /** `4.8` */
  minKernel?: string;
}

export interface SyscallRule {
  names?: string[];
  name?: string;
  action: SeccompAction;
  errnoRet?: number;
  /** All must hold. */
  args?: ArgumentCheck[];
  includes?: Conditions;
  excludes?: Conditions;
}

export interface SeccompProfile {
  defaultAction: SeccompAction;
  defaultErrnoRet?: number;
  syscalls?: SyscallRule[];
}

/** What the conditions of a rule are held against. */
export interface SeccompTarget {
  /** Go's name, as rules use it, of the machine: `x86`. */
  arch: string;
  capabilities: readonly string[];
  /** `uname -r`, or its beginning. */
  kernelVersion: string;
}

export interface Verdict {
  action: SeccompAction;
  errno: number;
}

/** What happens on one system call: the first check that holds decides, else the last word. */
export interface Decision {
  checks: { args: ArgumentCheck[]; verdict: Verdict }[];
  otherwise: Verdict;
}

const EPERM = 1;

/** The decision for each call number that does not simply get the profile's default. */
export function decisionsFor(profile: SeccompProfile, target: SeccompTarget): { byNumber: Map<number, Decision>; fallback: Verdict } {
  if (target.arch !== 'x86') throw new EngineError('not-implemented', `seccomp filters are not available for ${target.arch}`);
  const fallback: Verdict = { action: profile.defaultAction, errno: profile.defaultErrnoRet ?? EPERM };
  const byNumber = new Map<number, Decision>();
  for (const rule of profile.syscalls ?? []) {
    if (!applies(rule, target)) continue;
    const verdict: Verdict = { action: rule.action, errno: rule.errnoRet ?? EPERM };
    for (const name of rule.names ?? (rule.name ? [rule.name] : [])) {
      // Names of other machines, and of newer kernels, mean nothing here; so do they to libseccomp.
      const number = i386Syscalls.get(name);
      if (number === undefined) continue;
      const decision = byNumber.get(number) ?? { checks: [], otherwise: fallback };
      if (rule.args && rule.args.length > 0) decision.checks.push({ args: rule.args, verdict });
      else decision.otherwise = verdict;
      byNumber.set(number, decision);
    }
  }
  for (const decision of byNumber.values()) {
    decision.checks = decision.checks.filter(
      ({ verdict }) => verdict.action !== decision.otherwise.action || verdict.errno !== decision.otherwise.errno,
    );
  }
  return { byNumber, fallback };
}

function applies({ includes = {}, excludes = {} }: SyscallRule, target: SeccompTarget): boolean {
  const has = (capability: string): boolean => target.capabilities.includes(capability);
  if (excludes.arches?.includes(target.arch) || excludes.caps?.some(has)) return false;
  if (excludes.minKernel && atLeast(target.kernelVersion, excludes.minKernel)) return false;
  if (includes.arches && includes.arches.length > 0 && !includes.arches.includes(target.arch)) return false;
  if (includes.caps && !includes.caps.every(has)) return false;
  return !includes.minKernel || atLeast(target.kernelVersion, includes.minKernel);
}

function atLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
