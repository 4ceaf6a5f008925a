/** GuestRuntime keeps the Runtime contract on the real machine, on a second node made for it, and leaves nothing behind. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackLayer } from '#engine/oci/layer-entries.ts';
import { type RuntimeSubject, runtimeContract } from '#engine/runtime/runtime.contract.ts';
import { startMachine } from '../start.ts';
import { ensureState } from '../state/build.ts';
import { nodePlatform } from '../host.ts';
import { info, readdir, readFile as readGuestFile } from '../agent/ops.ts';
import type { RunningMachine } from '../running-machine.ts';
import { prepareNode } from './prepare.ts';
import { netnsRoot } from './paths.ts';
import { GuestRuntime } from './runtime.ts';

const node = { id: 2, name: 'node2' };
let machine: RunningMachine;
let subject: RuntimeSubject;

beforeAll(async () => {
  await ensureState();
  machine = await startMachine({
    platform: nodePlatform(),
    onFailure: (error) => {
      throw error;
    },
  });
  const { agent, files } = machine.parts;
  files.prepareNode(node.name);
  const runtime = new GuestRuntime(agent, node.id, files.transfers, await prepareNode(agent, files.transfers, node));
  const layer = await busyboxLayer();
  if (!files.layers.has(layer.diffId)) files.layers.put(layer.diffId, layer.entries);
  subject = { runtime, lower: [{ diffId: layer.diffId, cacheId: 'b'.repeat(64) }], until: (promise) => promise };
});

afterAll(() => machine.stop());

runtimeContract('crun in the guest', () => Promise.resolve(subject));

describe('after the last container', () => {
  it('no mount, network namespace, cgroup, process or bundle is left', async () => {
    const { agent } = machine.parts;
    const settled = async (): Promise<Record<string, unknown>> => {
      const [mounts, namespaces, cgroups, bundles] = await agent.batch({ node: node.id }, [
        readGuestFile('/proc/1/mounts', 65536),
        readdir(netnsRoot),
        readdir('/sys/fs/cgroup/docker'),
        readdir('/run/containerd/io.containerd.runtime.v2.task/moby'),
      ]);
      return {
        overlays: new TextDecoder()
          .decode(mounts)
          .split('\n')
          .filter((line) => line.startsWith('overlay')),
        namespaces: namespaces.length,
        cgroups: cgroups.filter(({ type }) => type === 'directory'),
        bundles,
      };
    };
    await expect.poll(settled, { timeout: 10_000 }).toEqual({ overlays: [], namespaces: 3, cgroups: [], bundles: [] });
    // The shell that waits for the first terminal.
    expect(agent.describe()).toContain('1 processes');
    const { memTotalBytes, memAvailableBytes } = await agent.run({ node: 0 }, info());
    expect(memTotalBytes - memAvailableBytes).toBeLessThan(60_000_000);
  });
});

/** The layer of the shipped `busybox`. */
async function busyboxLayer(): Promise<{ diffId: string; entries: ReturnType<typeof unpackLayer>['entries'] }> {
  const hub = resolve(import.meta.dirname, '../../../images/dist/hub/v2');
  const json = async (path: string): Promise<Record<string, never>> => JSON.parse(await readFile(`${hub}/${path}`, 'utf8'));
  const blob = (digest: string): string => digest.replace(':', '/');
  const index = (await json('library/busybox/manifests/latest')) as { manifests?: { digest: string }[] };
  const manifest = (index.manifests
    ? await json(`library/busybox/manifests/${blob(index.manifests[0]?.digest ?? '')}`)
    : index) as unknown as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  const config = (await json(`blobs/${blob(manifest.config.digest)}`)) as unknown as { rootfs: { diff_ids: string[] } };
  const bytes = await readFile(`${hub}/blobs/${blob(manifest.layers[0]?.digest ?? '')}`);
  return { diffId: config.rootfs.diff_ids[0] ?? '', entries: unpackLayer(gunzipSync(bytes)).entries };
}
