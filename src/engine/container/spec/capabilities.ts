/**
 * Which capabilities a container has.
 * Source: moby oci/caps, v28.2.2; Linux 6.1, include/uapi/linux/capability.h.
 */
import { EngineError } from '../../errors.ts';

const cap = (names: string): string[] => names.split(' ').map((name) => `CAP_${name}`);

export const defaultCapabilities = cap(
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE',
);

/** All that the kernel knows. */
export const allCapabilities = cap(
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE',
);

/** `net_admin` becomes `CAP_NET_ADMIN`; `ALL` stays. @throws EngineError `unknown capability: "…"` */
export function normalizedCapabilities(names: readonly string[]): string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === 'ALL') return upper;
    const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!allCapabilities.includes(full)) throw new EngineError('invalid-parameter', `unknown capability: ${JSON.stringify(full)}`);
    return full;
  });
}

export function capabilitiesOf(add: readonly string[], drop: readonly string[], privileged: boolean): string[] {
  if (privileged) return allCapabilities;
  const added = normalizedCapabilities(add);
  const dropped = normalizedCapabilities(drop);
  if (added.includes('ALL')) return allCapabilities.filter((name) => !dropped.includes(name));
  if (dropped.includes('ALL')) return added;
  return [...new Set([...defaultCapabilities.filter((name) => !dropped.includes(name)), ...added])];
}
