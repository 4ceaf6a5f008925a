/** `docker stats`: counters of a container, once or every second. Source: moby daemon/stats.go, stats_unix.go. */
import type { CpuStats, StatsResponse } from '../api/types/container.ts';
import { Channel } from '../channel.ts';
import { EngineError } from '../errors.ts';
import type { ContainerUsage } from '../runtime/runtime.ts';
import { rfc3339Nano, zeroTime } from '../time.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';

export interface StatsOptions {
  stream: boolean;
  /** Do not wait for a second sample to compare with. */
  oneShot: boolean;
}

const intervalMs = 1000;

/** One sample, or one each second until the container is gone or the reader leaves. */
export function containerStats(containers: Containers, name: string, { stream, oneShot }: StatsOptions): AsyncIterable<StatsResponse> {
  const container = containers.resolve(name);
  if (stream && oneShot) throw new EngineError('invalid-parameter', 'cannot have stream=true and one-shot=true');
  let stop = (): void => undefined;
  const channel = new Channel<StatsResponse>({ capacity: 2, onClose: () => stop() });
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = containers.ports.clock.after(intervalMs, resolve);
      stop = () => {
        cancel();
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    let before = oneShot || !isMeasured(container) ? undefined : await sample(containers, container, undefined);
    if (before && !stream) await pause();
    while (!channel.ended && !container.live.removed) {
      const current = await sample(containers, container, before);
      channel.push(current);
      if (!stream) break;
      before = current;
      await pause();
    }
    channel.end();
  };
  run().catch((error: unknown) => channel.end(error));
  return channel;
}

function isMeasured({ state }: Container): boolean {
  return state.status === 'running' || state.status === 'paused';
}

async function sample(containers: Containers, container: Container, before: StatsResponse | undefined): Promise<StatsResponse> {
  const { runtime, clock } = containers.ports;
  const usage = isMeasured(container) ? await runtime.stats(container.id).catch(() => undefined) : undefined;
  const base = { name: `/${container.name}`, id: container.id };
  if (!usage) {
    const cpu: CpuStats = { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: noThrottling };
    return {
      ...base,
      read: zeroTime,
      preread: zeroTime,
      pids_stats: {},
      blkio_stats: blockIo(null),
      num_procs: 0,
      storage_stats: {},
      cpu_stats: cpu,
      precpu_stats: cpu,
      memory_stats: {},
    };
  }
  const nowMs = clock.now();
  const { memTotalBytes, cpuCount } = containers.info;
  const cpu: CpuStats = {
    cpu_usage: { total_usage: usage.cpuNanos, usage_in_kernelmode: usage.cpuSystemNanos, usage_in_usermode: usage.cpuUserNanos },
    system_cpu_usage: Math.floor((nowMs - containers.openedMs) * 1e6) * cpuCount,
    online_cpus: cpuCount,
    throttling_data: noThrottling,
  };
  const none: CpuStats = { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: noThrottling };
  return {
    ...base,
    read: rfc3339Nano(nowMs),
    preread: before?.read ?? zeroTime,
    pids_stats: { current: usage.pids, ...(usage.pidsLimit > 0 ? { limit: usage.pidsLimit } : {}) },
    blkio_stats: blockIo([]),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu,
    precpu_stats: before?.cpu_stats ?? none,
    memory_stats: {
      usage: usage.memoryBytes,
      stats: usage.memoryStats,
      limit: Math.min(usage.memoryLimitBytes || memTotalBytes, memTotalBytes),
    },
    ...(Object.keys(usage.interfaces).length > 0 ? { networks: networks(usage) } : {}),
  };
}

const noThrottling = { periods: 0, throttled_periods: 0, throttled_time: 0 };

const blockIoKeys = [
  'io_service_bytes_recursive',
  'io_serviced_recursive',
  'io_queue_recursive',
  'io_service_time_recursive',
  'io_wait_time_recursive',
  'io_merged_recursive',
  'io_time_recursive',
  'sectors_recursive',
];

function blockIo(value: [] | null): StatsResponse['blkio_stats'] {
  return Object.fromEntries(blockIoKeys.map((key) => [key, value]));
}

function networks({ interfaces }: ContainerUsage): NonNullable<StatsResponse['networks']> {
  return Object.fromEntries(
    Object.entries(interfaces).map(([name, counts]) => [
      name,
      {
        rx_bytes: counts.rxBytes,
        rx_packets: counts.rxPackets,
        rx_errors: counts.rxErrors,
        rx_dropped: counts.rxDropped,
        tx_bytes: counts.txBytes,
        tx_packets: counts.txPackets,
        tx_errors: counts.txErrors,
        tx_dropped: counts.txDropped,
      },
    ]),
  );
}
