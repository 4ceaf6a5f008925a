/**
 * The figures of `docker stats`, worked out from one sample of a container's counters.
 * Source: docker/cli cli/command/container/stats_helpers.go.
 */

/** One sample of `GET /containers/{id}/stats`, as far as it is looked at. */
export interface StatsSample {
  name: string;
  id: string;
  pids_stats: { current?: number };
  blkio_stats: { io_service_bytes_recursive?: { op: string; value: number }[] | null };
  cpu_stats: CpuSample;
  precpu_stats: CpuSample;
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>;
}

interface CpuSample {
  cpu_usage: { total_usage: number; percpu_usage?: number[] | null };
  system_cpu_usage?: number;
  online_cpus?: number;
}

export interface Usage {
  cpuPercent: number;
  /** Without the page cache that the kernel could drop. */
  memoryBytes: number;
  memoryLimitBytes: number;
  memoryPercent: number;
  networkReceivedBytes: number;
  networkSentBytes: number;
  blockReadBytes: number;
  blockWrittenBytes: number;
  pids: number;
}

export function usageOf(sample: StatsSample): Usage {
  const memoryBytes = memoryWithoutCache(sample);
  const memoryLimitBytes = sample.memory_stats.limit ?? 0;
  const interfaces = Object.values(sample.networks ?? {});
  return {
    cpuPercent: cpuPercent(sample),
    memoryBytes,
    memoryLimitBytes,
    memoryPercent: memoryLimitBytes === 0 ? 0 : (memoryBytes / memoryLimitBytes) * 100,
    networkReceivedBytes: sum(interfaces.map((counters) => counters.rx_bytes)),
    networkSentBytes: sum(interfaces.map((counters) => counters.tx_bytes)),
    blockReadBytes: blockBytes(sample, 'r'),
    blockWrittenBytes: blockBytes(sample, 'w'),
    pids: sample.pids_stats.current ?? 0,
  };
}

/** The container's share of the time that passed on all CPUs since the sample before, in percent of one CPU. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: StatsSample): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || now.cpu_usage.percpu_usage?.length || 0;
  return passed > 0 && used > 0 ? (used / passed) * cpus * 100 : 0;
}

function memoryWithoutCache({ memory_stats: { usage = 0, stats = {} } }: StatsSample): number {
  // The first name is that of cgroup v1.
  const cache = [stats.total_inactive_file, stats.inactive_file].find((value) => value !== undefined && value < usage);
  return usage - (cache ?? 0);
}

function blockBytes(sample: StatsSample, letter: 'r' | 'w'): number {
  const entries = sample.blkio_stats.io_service_bytes_recursive ?? [];
  return sum(entries.filter(({ op }) => op.toLowerCase().startsWith(letter)).map(({ value }) => value));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
