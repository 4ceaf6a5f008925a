/**
 * Publishes a container's ports at the node: what `-p` and `-P` ask for, by the endpoint that leads outside.
 * Source: moby daemon/network.go, getPortMapInfo; libnetwork/drivers/bridge/port_mapping_linux.go.
 */
import type { PortBinding, PortMap } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import { hostBinding } from '../network/bridge-options.ts';
import { bracketed, type HostPorts } from '../network/host-ports.ts';
import { formatIpv4 } from '../network/ipv4.ts';
import type { Endpoint, Network } from '../network/network.ts';
import { PublishError, type PublishedPort } from '../runtime/network-plan.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';

/** Tries with other ports, when those that were chosen turn out to be taken by a process of the node. */
const maxTries = 64;

interface Wanted {
  /** `80/tcp`. */
  key: string;
  protocol: 'tcp' | 'udp' | 'sctp';
  port: number;
  /** Addresses of the node. */
  addresses: string[];
  range: { first: number; last: number } | undefined;
  /** Host ports that are somebody else's. */
  except: Set<number>;
}

/**
 * @param by the endpoint that leads outside; undefined when none does
 * @returns the ports as `inspect` shows them, the exposed ones too
 * @throws EngineError in moby's words, with nothing published
 */
export async function publishPorts(
  containers: Containers,
  container: Container,
  by: { network: Network; endpoint: Endpoint } | undefined,
): Promise<PortMap> {
  const ports = exposedPorts(container);
  if (!by || by.endpoint.ipv4 === undefined || by.network.driver !== 'bridge') return ports;
  const wanted = wantedPorts(container, hostBinding(by.network.record.options) || containers.ports.config.publishAddress);
  if (wanted.length === 0) return ports;
  try {
    return { ...ports, ...(await publish(containers, by, wanted)) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const words = `driver failed programming external connectivity on endpoint ${container.name} (${by.endpoint.id}): ${error.message}`;
    throw new EngineError('unknown', words, { cause: error });
  }
}

/** Ports of the image and of the command line, none of them published. */
export function exposedPorts({ config, hostConfig }: Container): PortMap {
  const keys = new Set([...Object.keys(config.ExposedPorts ?? {}), ...Object.keys(hostConfig.PortBindings ?? {})]);
  return Object.fromEntries(
    [...keys]
      .map(withProtocol)
      .sort(byPort)
      .map((key) => [key, null]),
  );
}

/** Gives a container's ports back. */
export async function unpublishPorts(containers: Containers, { ports }: Container, endpointId: string): Promise<void> {
  const { runtime, networks } = containers.ports;
  const bindings = publishedBindings(ports);
  if (bindings.length === 0) return;
  await runtime.unpublish(endpointId);
  for (const { protocol, address, port } of bindings) networks.hostPorts.release(protocol, address, port);
}

/** Takes up the ports of a container that kept running while the engine was away. */
export function restorePorts(hostPorts: HostPorts, { ports }: Container): void {
  for (const { protocol, address, port } of publishedBindings(ports)) hostPorts.restore(protocol, address, port);
}

function publishedBindings(ports: PortMap): { protocol: string; address: string; port: number }[] {
  return Object.entries(ports).flatMap(([key, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => ({ protocol: key.split('/')[1] ?? 'tcp', address: HostIp, port: Number(HostPort) })),
  );
}

async function publish(containers: Containers, by: { network: Network; endpoint: Endpoint }, wanted: Wanted[]): Promise<PortMap> {
  const { runtime, networks } = containers.ports;
  const { hostPorts } = networks;
  const address = formatIpv4(by.endpoint.ipv4 ?? 0);
  const device = by.network.device();
  for (let tries = 1; ; tries++) {
    const taken = takePorts(hostPorts, wanted);
    const list = taken.flatMap(({ want, hostPort }) => publishedPorts(want, hostPort, address));
    try {
      await runtime.publish({ id: by.endpoint.id, bridge: device?.name ?? '', ports: list });
      return portMap(taken);
    } catch (error) {
      giveBack(hostPorts, taken);
      if (!(error instanceof PublishError)) throw error;
      const { port } = error;
      const want = taken.find((each) => each.hostPort === port.hostPort && each.want.protocol === port.protocol)?.want;
      if (!want || (want.range && want.range.first === want.range.last) || tries === maxTries) throw bindFailure(error);
      want.except.add(port.hostPort);
    }
  }
}

interface Taken {
  want: Wanted;
  hostPort: number;
}

/** All or none. */
function takePorts(hostPorts: HostPorts, wanted: Wanted[]): Taken[] {
  const taken: Taken[] = [];
  try {
    for (const want of wanted) taken.push({ want, hostPort: hostPorts.take(want) });
    return taken;
  } catch (error) {
    giveBack(hostPorts, taken);
    throw error;
  }
}

function giveBack(hostPorts: HostPorts, taken: readonly Taken[]): void {
  for (const { want, hostPort } of taken) for (const each of want.addresses) hostPorts.release(want.protocol, each, hostPort);
}

function publishedPorts({ protocol, port, addresses }: Wanted, hostPort: number, address: string): PublishedPort[] {
  if (protocol === 'sctp') throw new EngineError('unknown', 'sctp is not available: protocol not supported');
  return addresses.map((hostAddress) => ({ protocol, hostAddress, hostPort, address, port }));
}

function portMap(taken: readonly Taken[]): PortMap {
  const ports: Record<string, PortBinding[]> = {};
  for (const { want, hostPort } of taken)
    (ports[want.key] ??= []).push(...want.addresses.map((HostIp) => ({ HostIp, HostPort: String(hostPort) })));
  return ports;
}

function bindFailure({ port, message }: PublishError): EngineError {
  const { hostAddress, hostPort, address, port: inside, protocol } = port;
  return new EngineError(
    'unknown',
    `failed to bind host port for ${bracketed(hostAddress)}:${hostPort}:${address}:${inside}/${protocol}: ${message}`,
  );
}

/** @param defaultAddress for bindings that name none; empty for all of the node's */
function wantedPorts({ config, hostConfig }: Container, defaultAddress: string): Wanted[] {
  const bindings = Object.fromEntries(Object.entries(hostConfig.PortBindings ?? {}).map(([key, list]) => [withProtocol(key), list ?? []]));
  const all = hostConfig.PublishAllPorts ? Object.keys(config.ExposedPorts ?? {}).map(withProtocol) : [];
  const keys = [...new Set([...Object.keys(bindings), ...all])].sort(byPort);
  return keys.flatMap((key) => {
    const [port = '', protocol = 'tcp'] = key.split('/');
    const list = bindings[key] ?? [];
    const wanted = list.length === 0 && all.includes(key) ? [{ HostIp: '', HostPort: '' }] : list;
    return wanted.map(({ HostIp, HostPort }) => ({
      key,
      protocol: protocol as Wanted['protocol'],
      port: Number(port),
      addresses: addressesOf(HostIp, defaultAddress, protocol),
      range: rangeOf(HostPort),
      except: new Set<number>(),
    }));
  });
}

/** Where nothing was asked for, both families; datagrams are taken by IPv4 only. */
function addressesOf(given: string, defaultAddress: string, protocol: string): string[] {
  if (given !== '') return [given];
  if (defaultAddress !== '' && defaultAddress !== '0.0.0.0') return [defaultAddress];
  return protocol === 'tcp' ? ['0.0.0.0', '::'] : ['0.0.0.0'];
}

function rangeOf(text: string): { first: number; last: number } | undefined {
  if (text === '' || text === '0') return undefined;
  const [first = '', last = first] = text.split('-');
  return { first: Number(first), last: Number(last) };
}

function withProtocol(key: string): string {
  return key.includes('/') ? key.toLowerCase() : `${key}/tcp`;
}

function byPort(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1);
}
