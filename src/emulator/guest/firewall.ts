/**
 * The rules that make bridges container networks: what may pass between them, what is hidden behind the node's address,
 * which port of the node leads to which container. Each network and each publication has a table of its own, so that
 * taking it away is one message. Docker's own chains differ; what they let through is the same.
 * Source: moby libnetwork/drivers/bridge/setup_ip_tables.go and port_mapping_linux.go, v28.
 */
import type { Bridge, Publication, PublishedPort } from '#engine/runtime/network-plan.ts';
import type { NetlinkBatch } from './netlink.ts';
import {
  accept,
  answers,
  cameBy,
  changeDestination,
  deleteTable,
  drop,
  type Expressions,
  from,
  leavesBy,
  masquerade,
  newTable,
  priority,
  to,
  toLocal,
  toPort,
  wasRedirected,
} from './nftables.ts';

/** Rules of a bridge. */
export function bridgeRules(bridge: Bridge): NetlinkBatch {
  const { name, subnet } = bridge;
  const forward: Expressions[] = [];
  const incoming = [...leavesBy(name), ...cameBy(name, true)];
  if (bridge.internal) {
    forward.push([...incoming, ...drop()], [...cameBy(name), ...leavesBy(name, true), ...drop()]);
  } else if (!bridge.open) {
    forward.push([...incoming, ...answers(), ...accept()], [...incoming, ...wasRedirected(), ...accept()], [...incoming, ...drop()]);
  }
  if (!bridge.interContainer) forward.push([...cameBy(name), ...leavesBy(name), ...drop()]);
  const source: Expressions[] = [];
  if (bridge.masquerade && !bridge.internal) source.push([...from(subnet), ...leavesBy(name, true), ...masquerade()]);
  // A connection from the node to itself that a published port leads here: the answer must find its way back.
  source.push([...from('127.0.0.0/8'), ...leavesBy(name), ...masquerade()]);
  return newTable(bridgeTable(name), [
    { name: 'forward', type: 'filter', hook: 'forward', priority: priority.filter, rules: forward },
    { name: 'postrouting', type: 'nat', hook: 'postrouting', priority: priority.source, rules: source },
  ]);
}

export function removeBridgeRules(name: string): NetlinkBatch {
  return deleteTable(bridgeTable(name));
}

/**
 * Leads connections to the node's ports to a container. Those that come from the container's own network are left to
 * whoever listens at the port: their answers would not come back the way they went.
 */
export function publishRules({ id, bridge, ports }: Publication): NetlinkBatch {
  const redirects = ports
    .filter(({ hostAddress }) => !hostAddress.includes(':'))
    .map((port) => [...arrivesAt(port), ...changeDestination(port.address, port.port)]);
  return newTable(publicationTable(id), [
    {
      name: 'prerouting',
      type: 'nat',
      hook: 'prerouting',
      priority: priority.destination,
      rules: redirects.map((rule) => [...cameBy(bridge, true), ...rule]),
    },
    { name: 'output', type: 'nat', hook: 'output', priority: priority.destination, rules: redirects },
  ]);
}

export function removePublishRules(id: string): NetlinkBatch {
  return deleteTable(publicationTable(id));
}

const DNS_PORT = 53;

/** In a container's namespace: questions to the name server's address go to the port where it listens. */
export function nameServerRules(address: string, port: number): NetlinkBatch {
  const redirects = (['udp', 'tcp'] as const).map((protocol) => [
    ...to(address),
    ...toPort(protocol, DNS_PORT),
    ...changeDestination(address, port),
  ]);
  return newTable('docker-dns', [{ name: 'output', type: 'nat', hook: 'output', priority: priority.destination, rules: redirects }]);
}

function arrivesAt({ protocol, hostAddress, hostPort }: PublishedPort): Expressions {
  return [...(hostAddress === '0.0.0.0' ? toLocal() : to(hostAddress)), ...toPort(protocol, hostPort)];
}

function bridgeTable(name: string): string {
  return `docker-${name}`;
}

function publicationTable(id: string): string {
  return `docker-port-${id.slice(0, 12)}`;
}
