/**
 * The network that the nodes stand in: a bridge in the guest's own network namespace, and on each node an `eth0`
 * with a default route to it. There is nothing behind: whatever is not on this network is unreachable, and the
 * guest says so at once, as a router does whose uplink is down.
 */
import type { AgentClient } from '#emulator/agent/client.ts';
import { netlink, writeFile, writeSetting } from '#emulator/agent/ops.ts';
import { defaultRoute, linkUp, NETLINK_ROUTE, netlinkBatch, newAddress, newBridge, newVeth, parseIp } from './netlink.ts';

/** Clear of Docker's address pools for bridges (172.17 to 172.31) and for overlay networks (10.0). */
const NETWORK = '192.168.65';
const PREFIX = 24;
const gateway = `${NETWORK}.1`;
/** Of the name server and the package mirror. */
export const mirrorAddress = parseIp(`${NETWORK}.7`);
const resolvConf = `nameserver ${mirrorAddress.join('.')}\n`;
/** Node 1 is the first from here. */
const FIRST_NODE = 10;

const BRIDGE = { name: 'lan', index: 10, macAddress: '02:44:4f:43:4b:01' };
/** Indexes of the nodes' links in the guest. */
const FIRST_LINK = 20;
/** Of `eth0` in a node, beside `lo`. */
const NODE_LINK = 2;

/** Makes the network, without nodes. */
export async function prepareLan(agent: AgentClient): Promise<void> {
  const addresses = [gateway, mirrorAddress.join('.')].map((address) => newAddress(BRIDGE.index, `${address}/${PREFIX}`));
  await agent.batch({ node: 0 }, [
    // A host that does not forward drops silently what it cannot deliver.
    writeSetting('/proc/sys/net/ipv4/ip_forward', '1'),
    writeFile('/etc/resolv.conf', 0o644, resolvConf),
    netlink(NETLINK_ROUTE, '', netlinkBatch(newBridge(BRIDGE), ...addresses)),
  ]);
}

/** @param pid of the node's process 1, in the guest */
export async function connectNode(agent: AgentClient, node: { id: number; name: string }, pid: number): Promise<void> {
  const host = FIRST_NODE - 1 + node.id;
  const link = newVeth({
    name: node.name,
    index: FIRST_LINK + node.id,
    master: BRIDGE.index,
    peer: {
      name: 'eth0',
      index: NODE_LINK,
      macAddress: `02:44:4f:43:4b:${host.toString(16).padStart(2, '0')}`,
      namespace: `/proc/${pid}/ns/net`,
    },
  });
  await agent.batch({ node: 0 }, [netlink(NETLINK_ROUTE, '', link)]);
  const own = netlinkBatch(newAddress(NODE_LINK, `${NETWORK}.${host}/${PREFIX}`), linkUp(NODE_LINK), defaultRoute(NODE_LINK, gateway));
  await agent.batch({ node: node.id }, [netlink(NETLINK_ROUTE, '', own)]);
}

/** What Docker takes from the node's /etc and routes for its containers. */
export function nodeFiles(name: string): { hosts: string; resolvConf: string; subnets: string[] } {
  return { hosts: `127.0.0.1\tlocalhost\n127.0.1.1\t${name}\n`, resolvConf, subnets: [`${NETWORK}.0/${PREFIX}`] };
}

/** The number of the node that has an address of this network. */
export function nodeAt(address: Uint8Array): number | undefined {
  const host = address.length === 4 ? (address[3] ?? 0) : 0;
  return host >= FIRST_NODE ? host - FIRST_NODE + 1 : undefined;
}
