/**
 * `docker network create`: networks with a subnet of their own, and the device that they stand on.
 * Source: moby daemon/network.go, createNetwork.
 */
import type { IpamConfig, NetworkCreateRequest } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { newId } from '../id.ts';
import { freeSubnet } from './default-subnets.ts';
import { checkBridgeOptions } from './bridge-options.ts';
import { formatIpv4, formatPrefix, masked, parsePrefix, prefixesOverlap } from './ipv4.ts';
import { isPredefined, Network, type NetworkDriver, type NetworkRecord } from './network.ts';
import type { Networks } from './networks.ts';
import { validateIpam } from './validate.ts';
import { vlanOptions } from './vlan-options.ts';

export function createNetwork(networks: Networks, request: NetworkCreateRequest): Promise<Network> {
  // Between the choice of name and subnet and their being taken, nobody else chooses.
  return networks.changing.run(() => create(networks, request));
}

async function create(networks: Networks, request: NetworkCreateRequest): Promise<Network> {
  const { runtime, events } = networks.ports;
  checkRequest(request);
  const configs = request.IPAM?.Config ?? [];
  validateIpam(configs);
  const { Name: name } = request;
  if (networks.all().some((network) => network.name === name))
    throw new EngineError('conflict', `network with name ${name} already exists`);
  const network = new Network(await recordOf(networks, request));
  const device = network.device();
  if (device) {
    checkDeviceName(networks, network, device.name);
    await runtime.createDevice(device);
  }
  try {
    networks.add(network);
  } catch (error) {
    if (device) await runtime.removeDevice(device);
    throw error;
  }
  events.log('network', 'create', network.id, { name, type: network.driver });
  return network;
}

function checkRequest(request: NetworkCreateRequest): void {
  const { Name: name } = request;
  if (isPredefined(name)) throw new EngineError('forbidden', `operation is not permitted on predefined ${name} network `);
  if (name.trim() === '')
    throw new EngineError('invalid-parameter', `invalid name: ${name === '' ? 'name is empty' : 'contains only whitespace'}`);
  checkConfigNetworks(request);
  refuseDriver(request.Driver || 'bridge');
  if (request.Scope && request.Scope !== 'local')
    throw new EngineError('forbidden', `cannot create a ${request.Scope} scoped network when swarm is not active`);
  if (request.Ingress) throw new EngineError('forbidden', 'Ingress network can only be global scope network');
  if (request.EnableIPv6)
    throw new EngineError('not-implemented', 'IPv6 networks are not available: the machine has addresses of IPv4 only');
  if (request.EnableIPv4 === false) throw new EngineError('invalid-parameter', 'IPv4 or IPv6 must be enabled');
  const driver = request.IPAM?.Driver || 'default';
  if (driver !== 'default' && driver !== 'null')
    throw new EngineError('not-found', `could not find plugin ${driver} in v1 plugin registry: plugin not found`);
}

/** Source: moby libnetwork/network.go, validateConfiguration. */
function checkConfigNetworks({
  ConfigOnly: only,
  ConfigFrom: from,
  Internal,
  Ingress,
  Scope,
  IPAM,
  EnableIPv6,
  Options,
  Attachable,
}: NetworkCreateRequest): void {
  const source = from?.Network ?? '';
  if (only && source !== '') throw new EngineError('forbidden', 'a configuration network cannot depend on another configuration network');
  if (only && (Internal || Attachable || Ingress || Scope))
    throw new EngineError(
      'forbidden',
      'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.',
    );
  if (source !== '' && ((IPAM?.Config ?? []).length > 0 || EnableIPv6 || Object.keys(Options ?? {}).length > 0))
    throw new EngineError('forbidden', 'user specified configurations are not supported if the network depends on a configuration network');
}

/** What is kept of a network that is to be made. */
async function recordOf(networks: Networks, request: NetworkCreateRequest): Promise<NetworkRecord> {
  const { runtime, clock, random } = networks.ports;
  const from = request.ConfigFrom?.Network ? configNetwork(networks, request.ConfigFrom.Network) : undefined;
  const driver: NetworkDriver = request.ConfigOnly ? 'null' : ((request.Driver || 'bridge') as NetworkDriver);
  const configs = from?.ipam.Config ?? request.IPAM?.Config ?? [];
  const options = from ? { ...from.options } : sorted(request.Options ?? {});
  const internal = request.Internal ?? false;
  const id = newId(random);
  if (driver === 'bridge') {
    if (configs.length > 1) throw new EngineError('forbidden', "bridge driver doesn't support multiple subnets");
    checkBridgeOptions(options, internal);
  }
  const parent =
    driver === 'macvlan' || driver === 'ipvlan'
      ? await vlanOptions({ id, driver, options, internal }, (name) => runtime.hasDevice(name))
      : undefined;
  if (parent) checkParent(networks, parent.name);
  const ipam = { Driver: request.IPAM?.Driver || 'default', Options: request.IPAM?.Options ?? null };
  const noAddresses = request.ConfigOnly ?? ipam.Driver === 'null';
  return {
    id,
    name: request.Name,
    createdMs: clock.now(),
    driver,
    ipam: { ...ipam, Config: noAddresses ? configs : [filledIn(networks, configs[0]), ...configs.slice(1)] },
    subnetChosen: configs.length > 0,
    enableIpv4: true,
    internal,
    attachable: request.Attachable ?? false,
    options: parent && !options['parent'] && parent.device ? { ...options, parent: parent.name } : options,
    labels: sorted(request.Labels ?? {}),
    ...(parent && { parent }),
    ...(request.ConfigOnly && { configOnly: true }),
    ...(from && { configFrom: from.name }),
  };
}

function configNetwork(networks: Networks, name: string): NetworkRecord {
  const found = networks.all().find((network) => network.name === name && network.record.configOnly);
  if (!found) throw new EngineError('not-found', `configuration network "${name}" does not exist`);
  return found.record;
}

function refuseDriver(driver: string): void {
  if (driver === 'bridge' || driver === 'macvlan' || driver === 'ipvlan') return;
  if (driver === 'host' || driver === 'null') throw new EngineError('forbidden', `only one instance of "${driver}" network is allowed`);
  if (driver === 'overlay') {
    throw new EngineError(
      'forbidden',
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  throw new EngineError('not-found', `could not find plugin ${driver} in v1 plugin registry: plugin not found`);
}

function checkDeviceName(networks: Networks, network: Network, name: string): void {
  const other = networks.all().find((known) => known.device()?.name === name);
  if (!other) return;
  throw new EngineError(
    'forbidden',
    `cannot create network ${network.id} (${name}): conflicts with network ${other.id} (${name}): networks have same bridge name`,
  );
}

/** Containers of two networks on one device would meet. */
function checkParent(networks: Networks, name: string): void {
  const other = networks.all().find((known) => known.record.parent?.name === name);
  if (other)
    throw new EngineError(
      'unknown',
      `network ${other.record.parent?.device?.name ?? `dm-${other.id.slice(0, 12)}`} is already using parent interface ${name}`,
    );
}

/** The subnet and gateway that the network gets. */
function filledIn(networks: Networks, config: IpamConfig | undefined): IpamConfig {
  const used = networks
    .all()
    .map((network) => network.subnet)
    .filter((subnet) => subnet !== undefined);
  const { hostSubnets = [], pools } = networks.ports;
  const host = hostSubnets.map(parsePrefix).filter((subnet) => subnet !== undefined);
  const subnet =
    config?.Subnet === undefined ? freeSubnet([...used, ...host], pools) : masked(parsePrefix(config.Subnet) ?? { address: 0, bits: 0 });
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
