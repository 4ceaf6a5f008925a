/** What a container uses, read from its cgroup's files and its network namespace's counters. */
import type { ContainerUsage } from '#engine/runtime/runtime.ts';
import { mayFail, type Op, readFile } from '#emulator/agent/ops.ts';

const files = ['cpu.stat', 'memory.current', 'memory.max', 'memory.stat', 'pids.current', 'pids.max'] as const;

export function usageOps(cgroup: string, pid: number): Op<Uint8Array | undefined>[] {
  return [...files.map((name) => mayFail(readFile(`${cgroup}/${name}`, 16384))), mayFail(readFile(`/proc/${pid}/net/dev`, 16384))];
}

/** @param results values of `usageOps`: the files' bytes, undefined where one is missing */
export function usageOf(results: (Uint8Array | undefined)[]): ContainerUsage {
  const text = results.map((bytes) => (bytes ? new TextDecoder().decode(bytes) : ''));
  const [cpu = '', current = '', max = '', memory = '', pids = '', pidsMax = '', devices = ''] = text;
  const cpuStats = pairs(cpu);
  return {
    cpuNanos: (cpuStats['usage_usec'] ?? 0) * 1000,
    cpuUserNanos: (cpuStats['user_usec'] ?? 0) * 1000,
    cpuSystemNanos: (cpuStats['system_usec'] ?? 0) * 1000,
    memoryBytes: Number(current.trim()) || 0,
    memoryLimitBytes: limit(max),
    memoryStats: pairs(memory),
    pids: Number(pids.trim()) || 0,
    pidsLimit: limit(pidsMax),
    interfaces: interfaces(devices),
  };
}

/** Lines of `name value`. */
function pairs(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '))
      .map(([name = '', value]) => [name, Number(value)]),
  );
}

/** 0 when there is none. */
function limit(text: string): number {
  return text.trim() === 'max' ? 0 : Number(text.trim()) || 0;
}

/** /proc/net/dev: eight counters received, eight sent. */
function interfaces(text: string): ContainerUsage['interfaces'] {
  const found: ContainerUsage['interfaces'] = {};
  for (const line of text.split('\n').slice(2)) {
    const [name = '', rest] = line.split(':');
    if (!rest || name.trim() === 'lo') continue;
    const n = rest.trim().split(/\s+/).map(Number);
    found[name.trim()] = {
      rxBytes: n[0] ?? 0,
      rxPackets: n[1] ?? 0,
      rxErrors: n[2] ?? 0,
      rxDropped: n[3] ?? 0,
      txBytes: n[8] ?? 0,
      txPackets: n[9] ?? 0,
      txErrors: n[10] ?? 0,
      txDropped: n[11] ?? 0,
    };
  }
  return found;
}
