/**
 * A starting container's network: its endpoints, the files that tell it its name, hosts and name servers, and its
 * published ports. Undone when it ends.
 * Source: moby daemon/container_operations.go, initializeNetworking and allocateNetwork.
 */
import { emptyEndpointSettings } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { hex, shortId } from '../id.ts';
import { formatIpv4 } from '../network/ipv4.ts';
import { isPredefined, type Endpoint, type Network } from '../network/network.ts';
import { endpointProblem } from '../network/validate.ts';
import type { DefaultRoute, EndpointPlan, NetworkSandbox } from '../runtime/network-plan.ts';
import type { Container, NetworkAttachment } from './container.ts';
import type { Containers } from './containers.ts';
import { parseLink } from './links.ts';
import { writeNetworkFiles } from './network-files.ts';
import { exposedPorts, publishPorts, unpublishPorts } from './publish.ts';

export interface ConnectOptions {
  /** Nobody is told: what a step of a build runs is not a container that anyone sees. */
  silent?: boolean;
}

/** Takes addresses and ports and writes the files. @returns what the runtime has to make */
export async function connectNetworks(containers: Containers, container: Container, options: ConnectOptions = {}): Promise<NetworkSandbox> {
  const mode = container.hostConfig.NetworkMode;
  const other = /^container:(.+)$/.exec(mode)?.[1];
  if (other !== undefined) return shareNetwork(containers, container, other);
  container.sandboxId = hex(containers.ports.random.bytes(32));
  try {
    const joined: Joined[] = [];
    for (const [name, attachment] of inOrder(container)) joined.push(join(containers, container, name, attachment, options));
    writeNetworkFiles(containers, container, joined);
    if (mode === 'host') return { kind: 'host' };
    const gateway = gatewayOf(joined);
    const endpoints = joined.flatMap((each) => planOf(each, each === gateway) ?? []);
    if (endpoints.length === 0) return { kind: 'none' };
    container.ports = await publishPorts(containers, container, gateway);
    return { kind: 'own', endpoints, nameServer: joined.some(({ network }) => network.named) };
  } catch (error) {
    await releaseNetworks(containers, container, options);
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, `failed to set up container networking: ${error.message}`, { cause: error });
  }
}

/** Gives addresses and ports back; what `inspect` shows of a network is emptied. */
export async function releaseNetworks(containers: Containers, container: Container, options: ConnectOptions = {}): Promise<void> {
  const { networks } = containers.ports;
  const gateway = publisherOf(containers, container);
  try {
    if (gateway) await unpublishPorts(containers, container, gateway);
  } finally {
    container.ports = {};
    for (const [name, attachment] of inOrder(container)) {
      const { settings } = attachment;
      const network = networks.find(settings.NetworkID || name);
      if (network && settings.EndpointID !== '') leave(containers, container, network, attachment, options);
      attachment.settings = withoutOperational(attachment);
    }
    container.sandboxId = '';
  }
}

export interface Joined {
  network: Network;
  endpoint: Endpoint;
  attachment: NetworkAttachment;
}

/** Gives a container an endpoint, with an interface of its own name. */
export function join(
  containers: Containers,
  container: Container,
  term: string,
  attachment: NetworkAttachment,
  { silent = false }: ConnectOptions = {},
): Joined {
  const { networks } = containers.ports;
  const network = networks.resolve(attachment.settings.NetworkID || term);
  const problem = endpointProblem(network, network.name, attachment.settings);
  if (problem) throw new EngineError('invalid-parameter', problem);
  if (network.record.configOnly)
    throw new EngineError('forbidden', `cannot connect container to network ${network.name}: configuration-only network`);
  const endpoint = networks.connect(network, { id: container.id, name: container.name }, attachment.settings, attachment.desiredMac);
  const names = isPredefined(network.name) ? null : dnsNames(container, attachment);
  attachment.interfaceName = network.link() ? freeInterfaceName(container, attachment) : '';
  attachment.settings = {
    ...withoutOperational(attachment),
    MacAddress: endpoint.macAddress,
    NetworkID: network.id,
    EndpointID: endpoint.id,
    Gateway: network.gatewayFor === undefined ? '' : formatIpv4(network.gatewayFor),
    IPAddress: endpoint.ipv4 === undefined ? '' : formatIpv4(endpoint.ipv4),
    IPPrefixLen: network.subnet?.bits ?? 0,
    DNSNames: names,
  };
  nameEndpoint(network, endpoint, attachment);
  if (!silent) networks.logEvent('connect', network, container.id);
  return { network, endpoint, attachment };
}

/** What others find an endpoint by, and what its container calls others. */
export function nameEndpoint(network: Network, endpoint: Endpoint, { settings }: NetworkAttachment): void {
  if (!network.named) return;
  endpoint.names = (settings.DNSNames ?? []).map((name) => name.toLowerCase());
  endpoint.aliases = new Map((settings.Links ?? []).map(parseLink).map(({ target, alias }) => [alias.toLowerCase(), target.toLowerCase()]));
}

/** Takes a container off a network; its interface is the runtime's business. */
export function leave(
  containers: Containers,
  container: Container,
  network: Network,
  { settings }: NetworkAttachment,
  { silent = false }: ConnectOptions = {},
): void {
  const { networks } = containers.ports;
  if (networks.disconnect(network, settings.EndpointID) && !silent) networks.logEvent('disconnect', network, container.id);
}

/** Where a running container is, in the order in which its networks are joined. */
export function joinedNetworks(containers: Containers, container: Container): Joined[] {
  return inOrder(container).flatMap(([name, attachment]) => {
    const network = containers.ports.networks.find(attachment.settings.NetworkID || name);
    const endpoint = network?.endpoints.get(attachment.settings.EndpointID);
    return network && endpoint ? [{ network, endpoint, attachment }] : [];
  });
}

/** The endpoint that gives the default route: the first that leads anywhere. */
export function gatewayOf(joined: readonly Joined[]): Joined | undefined {
  return joined.find(({ network }) => routeOf(network) !== undefined && network.link());
}

/** By which endpoint its ports are published. */
export function publisherOf(containers: Containers, container: Container): string | undefined {
  return gatewayOf(joinedNetworks(containers, container))?.endpoint.id;
}

/** The interface to make for an endpoint; undefined on networks that have none. */
export function planOf({ network, endpoint, attachment }: Joined, isGateway: boolean): EndpointPlan | undefined {
  const link = network.link();
  if (!link || endpoint.ipv4 === undefined || !network.subnet) return undefined;
  const gateway = isGateway ? routeOf(network) : undefined;
  return {
    link,
    interfaceName: attachment.interfaceName,
    macAddress: endpoint.macAddress,
    ipv4: `${formatIpv4(endpoint.ipv4)}/${network.subnet.bits}`,
    ...(gateway !== undefined && { gateway }),
  };
}

/** The way out of a network. */
export function routeOf({ gatewayFor, record: { parent, driver, internal } }: Network): DefaultRoute | undefined {
  if (driver === 'ipvlan' && parent && parent.ipvlanMode !== 'l2') return internal ? undefined : 'interface';
  return gatewayFor === undefined ? undefined : { via: formatIpv4(gatewayFor) };
}

/** Stays over runs: what the user asked for, and which network it was. */
function withoutOperational({ settings }: NetworkAttachment): NetworkAttachment['settings'] {
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID, DNSNames } = settings;
  return { ...emptyEndpointSettings(), IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID, DNSNames };
}

/** Names that other containers of the network find it by. Source: moby buildEndpointDNSNames. */
export function dnsNames(container: Container, { settings }: NetworkAttachment): string[] {
  return [...new Set([container.name, ...(settings.Aliases ?? []), shortId(container.id), container.config.Hostname].filter(Boolean))];
}

/** Ports are shown as exposed where an interface could carry them. */
export function unpublishedPorts(container: Container, joined: readonly Joined[]): Container['ports'] {
  return joined.some(({ network }) => network.link()) ? exposedPorts(container) : {};
}

function inOrder(container: Container): [string, NetworkAttachment][] {
  return [...container.networks].sort(byGatewayPriority);
}

function byGatewayPriority([nameA, a]: [string, NetworkAttachment], [nameB, b]: [string, NetworkAttachment]): number {
  return b.settings.GwPriority - a.settings.GwPriority || (nameA < nameB ? -1 : 1);
}

const interfaceNameOption = 'com.docker.network.endpoint.ifname';

/** `eth0`, or the first number that no other network of the container has. */
function freeInterfaceName(container: Container, { settings }: NetworkAttachment): string {
  const chosen = settings.DriverOpts?.[interfaceNameOption];
  if (chosen) return chosen;
  const taken = new Set(
    [...container.networks.values()].filter((each) => each.settings.EndpointID !== '').map((each) => each.interfaceName),
  );
  let number = 0;
  while (taken.has(`eth${number}`)) number++;
  return `eth${number}`;
}

/** `--network container:web`: the same interfaces, and the same files. */
function shareNetwork(containers: Containers, container: Container, name: string): NetworkSandbox {
  let other: Container;
  try {
    other = containers.resolve(name);
  } catch (error) {
    throw new EngineError('system', `joining network namespace of container: ${(error as Error).message}`);
  }
  if (other === container) throw new EngineError('system', 'cannot join own network namespace');
  const { status } = other.state;
  if (status === 'restarting') {
    throw new EngineError(
      'conflict',
      `cannot join network namespace of container: Container ${name} is restarting, wait until the container is running`,
    );
  }
  if (status !== 'running' && status !== 'paused') {
    throw new EngineError('conflict', `cannot join network namespace of a non running container: container ${other.name} is ${status}`);
  }
  container.paths = { ...container.paths, hostname: other.paths.hostname, hosts: other.paths.hosts, resolvConf: other.paths.resolvConf };
  container.config.Hostname = other.config.Hostname;
  container.config.Domainname = other.config.Domainname;
  return { kind: 'container', containerId: other.id };
}
