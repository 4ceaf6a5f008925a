import { describe, expect, test } from 'vitest';
import { usageOf, type StatsSample } from './usage.ts';

const cpu = (used: number, passed: number, cpus?: number): StatsSample['cpu_stats'] => ({
  cpu_usage: { total_usage: used, percpu_usage: [1, 2] },
  system_cpu_usage: passed,
  online_cpus: cpus,
});

function sample(given: Partial<StatsSample>): StatsSample {
  return {
    name: '/a',
    id: 'a',
    pids_stats: {},
    blkio_stats: {},
    cpu_stats: cpu(0, 0),
    precpu_stats: cpu(0, 0),
    memory_stats: {},
    ...given,
  };
}

describe('usageOf', () => {
  test.each([
    ['half of one of four', sample({ cpu_stats: cpu(600, 2000, 4), precpu_stats: cpu(100, 0, 4) }), 100],
    ['CPUs counted by their list', sample({ cpu_stats: cpu(500, 1000) }), 100],
    ['no time has passed', sample({ cpu_stats: cpu(500, 1000, 1), precpu_stats: cpu(0, 1000, 1) }), 0],
    ['the counter went back', sample({ cpu_stats: cpu(1, 1000, 1), precpu_stats: cpu(2, 0, 1) }), 0],
  ])('CPU: %s', (_, given, percent) => {
    expect(usageOf(given).cpuPercent).toBe(percent);
  });

  test.each([
    [{ usage: 100, stats: { inactive_file: 40 } }, 60],
    [{ usage: 100, stats: { total_inactive_file: 30, inactive_file: 40 } }, 70],
    [{ usage: 100, stats: { inactive_file: 200 } }, 100],
    [{}, 0],
  ])('memory: %j', (memory_stats, bytes) => {
    expect(usageOf(sample({ memory_stats })).memoryBytes).toBe(bytes);
  });

  test('the rest is added up', () => {
    const entries = [
      { op: 'read', value: 1 },
      { op: 'Read', value: 2 },
      { op: 'write', value: 4 },
      { op: 'total', value: 7 },
    ];
    const given = sample({
      memory_stats: { usage: 25, limit: 100 },
      networks: { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } },
      blkio_stats: { io_service_bytes_recursive: entries },
      pids_stats: { current: 3 },
    });
    expect(usageOf(given)).toMatchObject({
      memoryPercent: 25,
      networkReceivedBytes: 11,
      networkSentBytes: 22,
      blockReadBytes: 3,
      blockWrittenBytes: 4,
      pids: 3,
    });
  });
});
