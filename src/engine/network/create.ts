/**
 * `docker network create`: bridge networks with a subnet of their own.
 * Source: moby daemon/network.go, createNetwork.
 */
import type { IpamConfig, NetworkCreateRequest } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { newId } from '../id.ts';
import { freeSubnet } from './default-subnets.ts';
import { formatIpv4, formatPrefix, masked, parsePrefix, prefixesOverlap } from './ipv4.ts';
import { isPredefined, Network } from './network.ts';
import type { Networks } from './networks.ts';
import { validateIpam } from './validate.ts';

const unsupportedDrivers = ['overlay', 'macvlan', 'ipvlan'];

export function createNetwork(networks: Networks, request: NetworkCreateRequest): Promise<Network> {
  // Between the choice of name and subnet and their being taken, nobody else chooses.
  return networks.changing.run(() => create(networks, request));
}

async function create(networks: Networks, request: NetworkCreateRequest): Promise<Network> {
  const { runtime, clock, random, events } = networks.ports;
  const name = request.Name;
  if (isPredefined(name)) throw new EngineError('forbidden', `operation is not permitted on predefined ${name} network `);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    if (name.trim() === '')
      throw new EngineError('invalid-parameter', `invalid name: ${name === '' ? 'name is empty' : 'contains only whitespace'}`);
  }
  const driver = request.Driver || 'bridge';
  refuseDriver(driver, name);
  if (request.Scope && request.Scope !== 'local')
    throw new EngineError('forbidden', `cannot create a ${request.Scope} scoped network when swarm is not active`);
  if (request.Ingress) throw new EngineError('forbidden', 'Ingress network can only be global scope network');
  if (request.ConfigOnly || request.ConfigFrom?.Network)
    throw new EngineError('not-implemented', 'configuration networks are not available yet');
  if (request.EnableIPv6) throw new EngineError('not-implemented', 'IPv6 networks are not available yet');
  const configs = request.IPAM?.Config ?? [];
  validateIpam(configs);
  if (networks.all().some((network) => network.name === name))
    throw new EngineError('conflict', `network with name ${name} already exists`);
  const network = new Network({
    id: newId(random),
    name,
    createdMs: clock.now(),
    driver: 'bridge',
    ipam: { Driver: request.IPAM?.Driver || 'default', Options: request.IPAM?.Options ?? null, Config: [filledIn(networks, configs[0])] },
    subnetChosen: configs.length > 0,
    enableIpv4: request.EnableIPv4 ?? true,
    internal: request.Internal ?? false,
    attachable: request.Attachable ?? false,
    options: sorted(request.Options ?? {}),
    labels: sorted(request.Labels ?? {}),
  });
  const bridge = network.bridge();
  if (bridge) {
    checkBridgeName(networks, network, bridge.name);
    await runtime.createBridge(bridge);
  }
  try {
    networks.add(network);
  } catch (error) {
    if (bridge) await runtime.removeBridge(bridge);
    throw error;
  }
  events.log('network', 'create', network.id, { name, type: driver });
  return network;
}

function refuseDriver(driver: string, name: string): void {
  if (driver === 'bridge') return;
  if (driver === 'host' || driver === 'null') throw new EngineError('forbidden', `only one instance of "${driver}" network is allowed`);
  if (driver === 'overlay') {
    throw new EngineError(
      'forbidden',
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  if (unsupportedDrivers.includes(driver))
    throw new EngineError('not-implemented', `network driver ${driver} is not available yet (network ${name})`);
  throw new EngineError('not-found', `could not find plugin ${driver} in v1 plugin registry: plugin not found`);
}

function checkBridgeName(networks: Networks, network: Network, name: string): void {
  const other = networks.all().find((known) => known.bridge()?.name === name);
  if (!other) return;
  throw new EngineError(
    'forbidden',
    `cannot create network ${network.id} (${name}): conflicts with network ${other.id} (${name}): networks have same bridge name`,
  );
}

/** The subnet and gateway that the network gets. */
function filledIn(networks: Networks, config: IpamConfig | undefined): IpamConfig {
  const used = networks
    .all()
    .map((network) => network.subnet)
    .filter((subnet) => subnet !== undefined);
  const subnet = config?.Subnet === undefined ? freeSubnet(used) : masked(parsePrefix(config.Subnet) ?? { address: 0, bits: 0 });
  if (used.some((other) => prefixesOverlap(other, subnet))) {
    throw new EngineError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space');
  }
  const range = config?.IPRange === undefined ? undefined : parsePrefix(config.IPRange);
  const first = range && range.address > subnet.address ? range.address : subnet.address + 1;
  return {
    Subnet: formatPrefix(subnet),
    ...(config?.IPRange ? { IPRange: config.IPRange } : {}),
    Gateway: config?.Gateway || formatIpv4(first),
    ...(config?.AuxiliaryAddresses ? { AuxiliaryAddresses: config.AuxiliaryAddresses } : {}),
  };
}

/** Go writes the keys of a map in order. */
function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
