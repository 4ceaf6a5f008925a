/**
 * Makes a node in a freshly booted guest: its sandbox, its files over 9p, its engine's process. Done once
 * by the build; the saved state then holds all of it.
 */
import type { AgentClient } from '#emulator/agent/client.ts';
import { MNT_DETACH, MS, mkdir, mount, newNode, umount } from '#emulator/agent/ops.ts';
import { connectNode } from './lan.ts';
import { dockerRoot, layersMount, overlayRoot, shareMount } from './paths.ts';
import { GuestRuntime, type RuntimeState } from './runtime.ts';
import type { Transfers } from './transfers.ts';

export interface NodeName {
  /** Number by which the agent knows the node, from 1. */
  id: number;
  /** Host name: `node1`. */
  name: string;
}

export const firstNode: NodeName = { id: 1, name: 'node1' };

const MS_NOATIME = 1024;

/** Room for the writable layers of a node's containers. */
const OVERLAY_SIZE = '144m';

const plan9 = 'trans=virtio,version=9p2000.L,msize=262144';

/** What the node's runtime has to be made with after a restore. */
export async function prepareNode(agent: AgentClient, transfers: Transfers, node: NodeName = firstNode): Promise<RuntimeState> {
  if (node.id === firstNode.id) await mountShared(agent);
  const [pid] = await agent.batch({ node: 0 }, [newNode(node.id, node.name)]);
  await connectNode(agent, node, pid);
  const files = `${shareMount}/${node.name}`;
  await agent.batch({ node: node.id }, [
    mkdir(dockerRoot, 0o710),
    mount(`${files}/docker`, dockerRoot, '', MS.bind),
    mount(`${files}/home`, '/root', '', MS.bind),
    // The other nodes' files are not this node's business.
    umount(shareMount, MNT_DETACH),
    mkdir(overlayRoot, 0o710),
    mount('tmpfs', overlayRoot, 'tmpfs', MS_NOATIME, `mode=710,size=${OVERLAY_SIZE}`),
  ]);
  const runtime = new GuestRuntime(agent, node.id, transfers);
  await runtime.prepare();
  await startService(agent, node);
  return runtime.save();
}

/** Mounts the two 9p trees where every node then finds them: a 9p device takes one mount only. */
async function mountShared(agent: AgentClient): Promise<void> {
  await agent.batch({ node: 0 }, [
    mkdir(layersMount, 0o755),
    mkdir(shareMount, 0o755),
    mount('layers', layersMount, '9p', MS_NOATIME, `${plan9},access=any,cache=loose`),
    // Per user: what a process makes belongs to whom the kernel attaches as.
    mount('share', shareMount, '9p', MS_NOATIME, `${plan9},access=client,cache=none`),
  ]);
}

/** Starts the node's `dockerd` as a person would. There is no engine yet that would have to come up. */
async function startService(agent: AgentClient, node: NodeName): Promise<void> {
  agent.onDaemon((id, event) => {
    if (id === node.id && event === 'up') agent.daemonReady(id);
  });
  const service = await agent.spawn(
    { node: node.id },
    { argv: ['service', 'docker', 'start'], env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], cwd: '/', stdio: 'null' },
  );
  const status = await service.exit;
  if (status !== 0) throw new Error(`service docker start failed on ${node.name} with status ${status}`);
}
