/** Limits in the OCI form. Source: moby daemon/daemon_unix.go and oci_linux.go. */
import type { Resources } from '../../api/types/container.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';

type SpecResources = NonNullable<RuntimeSpec['linux']['resources']>;

const defaultPeriodUs = 100_000;

/** All but the device rules. */
export function resourcesOf(
  limits: Pick<
    Resources,
    'Memory' | 'MemoryReservation' | 'MemorySwap' | 'CpuShares' | 'NanoCpus' | 'CpuPeriod' | 'CpuQuota' | 'PidsLimit'
  >,
): SpecResources {
  const memory: SpecResources['memory'] = {};
  if (limits.Memory > 0) memory.limit = limits.Memory;
  if (limits.MemoryReservation > 0) memory.reservation = limits.MemoryReservation;
  if (limits.MemorySwap > 0 || (limits.MemorySwap === -1 && limits.Memory > 0)) memory.swap = limits.MemorySwap;
  const cpu: SpecResources['cpu'] = {};
  if (limits.CpuShares > 0) cpu.shares = limits.CpuShares;
  if (limits.NanoCpus > 0) {
    cpu.period = defaultPeriodUs;
    cpu.quota = Math.floor((limits.NanoCpus * defaultPeriodUs) / 1e9);
  }
  if (limits.CpuPeriod !== 0) cpu.period = limits.CpuPeriod;
  if (limits.CpuQuota !== 0) cpu.quota = limits.CpuQuota;
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(limits.PidsLimit === null ? {} : { pids: { limit: limits.PidsLimit <= 0 ? -1 : limits.PidsLimit } }),
  };
}
