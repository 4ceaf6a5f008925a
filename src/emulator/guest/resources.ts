/**
 * Limits of a running container as files of cgroup v2.
 * Source: OCI runtime-spec config-linux.md; crun.1, "CGROUP V2" for the conversions.
 */
import type { RuntimeSpec } from '#engine/runtime/spec.ts';

/** File names and values, relative to the container's cgroup. */
export function limitFiles(resources: NonNullable<RuntimeSpec['linux']['resources']>): [name: string, value: string][] {
  const { memory, cpu, pids } = resources;
  const files: [string, string][] = [];
  if (memory?.limit !== undefined) files.push(['memory.max', orMax(memory.limit)]);
  if (memory?.reservation !== undefined) files.push(['memory.low', orMax(memory.reservation)]);
  if (cpu?.quota !== undefined || cpu?.period !== undefined) {
    files.push(['cpu.max', `${cpu.quota && cpu.quota > 0 ? cpu.quota : 'max'} ${cpu.period || 100_000}`]);
  }
  if (cpu?.shares) files.push(['cpu.weight', String(weightOf(cpu.shares))]);
  if (pids) files.push(['pids.max', pids.limit > 0 ? String(pids.limit) : 'max']);
  return files;
}

/** Shares 2…262144 become weights 1…10000. */
function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262142);
}

function orMax(value: number): string {
  return value < 0 ? 'max' : String(value);
}
