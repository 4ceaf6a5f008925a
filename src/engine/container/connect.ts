/**
 * A starting container's network: its endpoints, and the files that tell it its name, hosts and name servers.
 * Undone when it ends.
 * Source: moby daemon/container_operations.go, initializeNetworking and allocateNetwork.
 */
import { EngineError } from '../errors.ts';
import { hex, shortId } from '../id.ts';
import { hostsFile, type HostsEntry, ownNames, resolvConf } from '../network/etc-files.ts';
import { formatIpv4 } from '../network/ipv4.ts';
import { isPredefined, type Endpoint, type Network } from '../network/network.ts';
import { endpointProblem } from '../network/validate.ts';
import type { EndpointPlan, NetworkSandbox } from '../runtime/runtime.ts';
import { type Container, emptyEndpointSettings, type NetworkAttachment } from './container.ts';
import type { Containers } from './containers.ts';

const encoder = new TextEncoder();

/** Takes addresses and writes the files. @returns what the runtime has to make */
export function connectNetworks(containers: Containers, container: Container): NetworkSandbox {
  const mode = container.hostConfig.NetworkMode;
  const other = /^container:(.+)$/.exec(mode)?.[1];
  if (other !== undefined) return shareNetwork(containers, container, other);
  refusePublishing(container);
  container.sandboxId = hex(containers.ports.random.bytes(32));
  try {
    const joined = [...container.networks]
      .sort(byGatewayPriority)
      .map(([name, attachment]) => join(containers, container, name, attachment));
    writeFiles(containers, container, joined);
    container.ports = exposedPorts(container, joined);
    if (mode === 'host') return { kind: 'host' };
    const endpoints = plans(joined);
    return endpoints.length > 0 ? { kind: 'own', endpoints } : { kind: 'none' };
  } catch (error) {
    releaseNetworks(containers, container);
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, `failed to set up container networking: ${error.message}`, { cause: error });
  }
}

/** Gives addresses back; what `inspect` shows of a network is emptied. */
export function releaseNetworks(containers: Containers, container: Container): void {
  const { networks } = containers.ports;
  for (const [name, attachment] of container.networks) {
    const { settings } = attachment;
    const network = networks.find(settings.NetworkID || name);
    if (network && settings.EndpointID !== '') networks.disconnect(network, settings.EndpointID);
    attachment.settings = withoutOperational(attachment);
  }
  container.sandboxId = '';
  container.ports = {};
}

interface Joined {
  network: Network;
  endpoint: Endpoint;
  attachment: NetworkAttachment;
}

function join(containers: Containers, container: Container, term: string, attachment: NetworkAttachment): Joined {
  const { networks } = containers.ports;
  const network = networks.resolve(attachment.settings.NetworkID || term);
  const problem = endpointProblem(network, network.name, attachment.settings);
  if (problem) throw new EngineError('invalid-parameter', problem);
  const endpoint = networks.connect(network, { id: container.id, name: container.name }, attachment.settings, attachment.desiredMac);
  const gateway = network.record.internal || network.gateway === undefined ? '' : formatIpv4(network.gateway);
  attachment.settings = {
    ...withoutOperational(attachment),
    MacAddress: endpoint.macAddress,
    NetworkID: network.id,
    EndpointID: endpoint.id,
    Gateway: gateway,
    IPAddress: endpoint.ipv4 === undefined ? '' : formatIpv4(endpoint.ipv4),
    IPPrefixLen: network.subnet?.bits ?? 0,
    DNSNames: isPredefined(network.name) ? null : dnsNames(container, attachment),
  };
  return { network, endpoint, attachment };
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

function byGatewayPriority([nameA, a]: [string, NetworkAttachment], [nameB, b]: [string, NetworkAttachment]): number {
  return b.settings.GwPriority - a.settings.GwPriority || (nameA < nameB ? -1 : 1);
}

/** Interfaces in order; the first that leads anywhere gives the default route. */
function plans(joined: Joined[]): EndpointPlan[] {
  const endpoints: EndpointPlan[] = [];
  let routed = false;
  for (const { network, endpoint, attachment } of joined) {
    const bridge = network.bridge();
    if (!bridge || endpoint.ipv4 === undefined || !network.subnet) continue;
    const gateway = routed ? '' : attachment.settings.Gateway;
    if (gateway !== '') routed = true;
    endpoints.push({
      bridge: bridge.name,
      interfaceName: `eth${endpoints.length}`,
      macAddress: endpoint.macAddress,
      ipv4: `${formatIpv4(endpoint.ipv4)}/${network.subnet.bits}`,
      ...(gateway === '' ? {} : { gateway }),
    });
  }
  return endpoints;
}

/** Ports are shown as exposed where an interface could carry them; publishing them is refused above. */
function exposedPorts({ config }: Container, joined: Joined[]): Container['ports'] {
  if (!joined.some(({ network }) => network.driver === 'bridge')) return {};
  return Object.fromEntries(
    Object.keys(config.ExposedPorts ?? {})
      .sort()
      .map((port) => [port, null]),
  );
}

function writeFiles(containers: Containers, container: Container, joined: Joined[]): void {
  const { id, config, hostConfig, paths } = container;
  const { storage, networks } = containers.ports;
  const directory = `/var/lib/docker/containers/${id}`;
  paths.hostname = `${directory}/hostname`;
  paths.hosts = `${directory}/hosts`;
  paths.resolvConf = `${directory}/resolv.conf`;
  const gatewayOfNode = networks.find('bridge')?.gateway;
  const extra: HostsEntry[] = (hostConfig.ExtraHosts ?? []).map((text) => {
    const [names = '', address = ''] = text.split(/:(.*)/s);
    const given = address.replace(/^\[(.*)\]$/, '$1');
    return { names, address: given === 'host-gateway' && gatewayOfNode !== undefined ? formatIpv4(gatewayOfNode) : given };
  });
  const own = ownNames(config.Hostname, config.Domainname);
  for (const { endpoint } of joined) if (endpoint.ipv4 !== undefined) extra.push({ address: formatIpv4(endpoint.ipv4), names: own });
  const onHost = hostConfig.NetworkMode === 'host';
  const overrides = { servers: hostConfig.Dns ?? [], search: hostConfig.DnsSearch ?? [], options: hostConfig.DnsOptions ?? [] };
  const onBridge = joined.some(({ network }) => network.driver === 'bridge');
  const write = (name: string, text: string): void => storage.write(`containers/${id}/${name}`, encoder.encode(text), 0o644);
  write('hostname', `${config.Hostname}\n`);
  write('hosts', onHost && (hostConfig.ExtraHosts ?? []).length === 0 ? containers.nodeFiles.hosts : hostsFile(extra));
  write('resolv.conf', resolvConf(containers.nodeFiles.resolvConf, overrides, onBridge ? 'legacy' : 'none'));
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

function refusePublishing({ hostConfig, config }: Container): void {
  if (hostConfig.NetworkMode === 'host' || hostConfig.NetworkMode === 'none') return;
  const bindings = Object.values(hostConfig.PortBindings ?? {}).some((list) => (list ?? []).length > 0);
  const all = hostConfig.PublishAllPorts && Object.keys(config.ExposedPorts ?? {}).length > 0;
  if (bindings || all)
    throw new EngineError(
      'not-implemented',
      'publishing ports is not available yet: create the container without -p and -P, and reach it from other containers',
    );
}
