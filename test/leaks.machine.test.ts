/**
 * Containers leave nothing behind: after many of them, one after another and at once, the guest has as many mounts,
 * network devices, namespaces, cgroups, processes and 9p handles as before, and as much memory.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../src/engine/api/client.ts';
import { info, readdir, readFile } from '../src/emulator/agent/ops.ts';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';

/** Slabs that are partly used differ from time to time; 50 containers that left 10 kB each would show. */
const toleranceBytes = 400_000;

let machine: RunningMachine;
let api: ApiClient;
let before: Footprint;

beforeAll(async () => {
  machine = await openMachine();
  api = new ApiClient(machine.api('node1'));
  expect((await shell(machine, 'docker pull -q busybox')).status).toBe(0);
  // What the first containers leave on purpose: caches, sandboxes in stock.
  for (let round = 0; round < 3; round++) await runToEnd();
  await atOnce(20);
  before = await settledFootprint();
});
afterAll(() => machine.stop());

interface Footprint {
  /** What must be the same, by name. */
  counts: Record<string, number | string>;
  /** Unevictable and process memory; what could be dropped at once does not count. */
  usedBytes: number;
}

test('50 containers one after another', { timeout: 170_000 }, async () => {
  for (let round = 0; round < 50; round++) expect(await runToEnd()).toBe(0);
  await expectNoMoreThanBefore();
});

test('20 containers at once', { timeout: 170_000 }, async () => {
  await atOnce(20);
  await expectNoMoreThanBefore();
});

const create = async (cmd: string[]): Promise<string> => {
  const { Id } = await api.post<{ Id: string }>('/containers/create', {
    json: { Image: 'busybox', Cmd: cmd, HostConfig: { Memory: 32 << 20, PidsLimit: 16 } },
  });
  return Id;
};

/** @returns its exit code */
async function runToEnd(): Promise<number> {
  const id = await create(['sh', '-c', 'head -c 100000 /dev/urandom >/tmp/file; cat /tmp/file | wc -c']);
  await api.post(`/containers/${id}/start`);
  const { StatusCode } = await api.post<{ StatusCode: number }>(`/containers/${id}/wait`);
  await api.delete(`/containers/${id}`);
  return StatusCode;
}

/** All of them run before the first is removed. */
async function atOnce(count: number): Promise<void> {
  const ids = await Promise.all(Array.from({ length: count }, () => create(['sleep', '600'])));
  await Promise.all(ids.map((id) => api.post(`/containers/${id}/start`)));
  const running = await api.get<unknown[]>('/containers/json');
  expect(running).toHaveLength(count);
  await Promise.all(ids.map((id) => api.delete(`/containers/${id}`, { query: { force: true } })));
}

/** Clean-up goes on after the answer: sandboxes are made up for, the kernel frees what it frees late. */
async function expectNoMoreThanBefore(): Promise<void> {
  const look = async (): Promise<object> => {
    const { counts, usedBytes } = await restingFootprint();
    const more = usedBytes - before.usedBytes;
    return { ...counts, memory: more < toleranceBytes ? 'as before' : `${more} bytes more` };
  };
  await expect.poll(look, { timeout: 40_000, interval: 500 }).toEqual({ ...before.counts, memory: 'as before' });
}

/** Looks until what the kernel frees late is free. */
async function settledFootprint(): Promise<Footprint> {
  for (let last = await restingFootprint(); ;) {
    const next = await restingFootprint();
    if (Math.abs(next.usedBytes - last.usedBytes) < 20_000) return next;
    last = next;
  }
}

async function restingFootprint(): Promise<Footprint> {
  // A layer's cached names hold handles until the kernel drops them.
  await machine.settle();
  const { agent } = machine.parts;
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const lines = (bytes: Uint8Array): number => text(bytes).split('\n').length - 1;
  const [mountsOutside, cgroups, zones, { memory }] = await agent.batch({ node: 0 }, [
    readFile('/proc/1/mounts', 65536),
    readFile('/sys/fs/cgroup/cgroup.stat', 4096),
    readFile('/proc/zoneinfo', 65536),
    info(),
  ]);
  const [mounts, processes, devices, routes, sandboxes, bundles, crun, overlays, containers] = await agent.batch({ node: 1 }, [
    readFile('/proc/1/mounts', 65536),
    // Of the node: kernel threads come and go.
    readdir('/proc'),
    readdir('/sys/class/net'),
    readFile('/proc/1/net/route', 65536),
    readdir('/run/docker/netns'),
    readdir('/run/containerd/io.containerd.runtime.v2.task/moby'),
    readdir('/run/crun'),
    readdir('/var/lib/docker/overlay2'),
    readdir('/var/lib/docker/containers'),
  ]);
  const { openFids } = await machine.status();
  return {
    counts: {
      'mounts outside the node': lines(mountsOutside),
      'mounts of the node': lines(mounts),
      'network devices': devices
        .map(({ name }) => name)
        .sort()
        .join(' '),
      routes: lines(routes),
      'network namespaces': sandboxes.length,
      processes: processes.filter(({ name }) => /^\d+$/.test(name)).length,
      cgroups: text(cgroups).trim(),
      bundles: bundles.length,
      'states of crun': crun.length,
      'overlay directories': overlays.length,
      'container directories': containers.length,
      '9p handles': openFids,
      agent: agent.describe(),
    },
    usedBytes:
      (memory['MemTotal'] ?? 0) -
      (memory['MemFree'] ?? 0) -
      pagesAtHand(text(zones)) * 4096 -
      (memory['Cached'] ?? 0) -
      (memory['Buffers'] ?? 0) -
      (memory['SReclaimable'] ?? 0),
  };
}

/** Free pages that the kernel keeps at hand per processor (up to 2 MB); its count of free memory leaves them out. */
function pagesAtHand(zones: string): number {
  return [...zones.matchAll(/^ +count: +(\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}
