/** `--security-opt`. Source: moby daemon/daemon_unix.go, parseSecurityOpt; daemon/seccomp_linux.go. */
import { EngineError } from '../../errors.ts';
import { parseGoBool } from '../../go-values.ts';
import { defaultProfile } from '../../runtime/seccomp/default-profile.ts';
import type { SeccompProfile } from '../../runtime/seccomp/profile.ts';

export interface SecurityOptions {
  noNewPrivileges: boolean;
  /** Undefined: no filter. */
  seccomp: SeccompProfile | undefined;
  writableCgroups: boolean;
}

/** @throws EngineError `invalid --security-opt 2: "…"` */
export function parseSecurityOptions(options: readonly string[], privileged: boolean): SecurityOptions {
  let noNewPrivileges = false;
  let seccomp: string | undefined;
  let writableCgroups = privileged;
  for (const option of options) {
    if (option === 'no-new-privileges') noNewPrivileges = true;
    else if (option === 'writable-cgroups') writableCgroups = true;
    else if (option !== 'disable') {
      const separator = option.includes('=') ? '=' : ':';
      const at = option.indexOf(separator);
      if (at < 0) throw bad(`invalid --security-opt 1: ${JSON.stringify(option)}`);
      const value = option.slice(at + 1);
      switch (option.slice(0, at)) {
        case 'label':
        case 'apparmor':
          // Neither SELinux nor AppArmor is in this kernel; Docker, too, ignores them then.
          break;
        case 'seccomp':
          seccomp = value;
          break;
        case 'no-new-privileges':
          noNewPrivileges = asBoolean(value, option);
          break;
        case 'writable-cgroups':
          writableCgroups = asBoolean(value, option);
          break;
        default:
          throw bad(`invalid --security-opt 2: ${JSON.stringify(option)}`);
      }
    }
  }
  return { noNewPrivileges, seccomp: profileOf(seccomp, privileged), writableCgroups };
}

function profileOf(option: string | undefined, privileged: boolean): SeccompProfile | undefined {
  if (option === 'unconfined') return undefined;
  if (option === undefined || option === '') return privileged ? undefined : defaultProfile;
  if (option === 'builtin') return defaultProfile;
  let profile: unknown;
  try {
    profile = JSON.parse(option);
  } catch (error) {
    throw new EngineError('invalid-parameter', `Decoding seccomp profile failed: ${(error as Error).message}`);
  }
  if (typeof profile !== 'object' || profile === null || typeof (profile as SeccompProfile).defaultAction !== 'string') {
    throw bad('Decoding seccomp profile failed: no default action');
  }
  return profile as SeccompProfile;
}

function asBoolean(text: string, option: string): boolean {
  const value = parseGoBool(text);
  if (value === undefined) throw bad(`invalid --security-opt 2: ${JSON.stringify(option)}`);
  return value;
}

function bad(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
