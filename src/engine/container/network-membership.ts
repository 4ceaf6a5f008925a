/**
 * `docker network connect` and `disconnect`: at once for a container that runs, else at its next start.
 * Source: moby daemon/container_operations.go, ConnectToNetwork and DisconnectFromNetwork.
 */
import { emptyEndpointSettings, type EndpointSettings } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { isPredefined, type Network } from '../network/network.ts';
import { endpointProblem } from '../network/validate.ts';
import { dnsNames, gatewayOf, join, type Joined, joinedNetworks, leave, planOf, routeOf, unpublishedPorts } from './connect.ts';
import type { Container, NetworkAttachment } from './container.ts';
import type { Containers } from './containers.ts';
import { addHosts, removeHosts } from './hosts-file.ts';
import { ownHosts, writeResolvConf } from './network-files.ts';
import { publishPorts, unpublishPorts } from './publish.ts';
import { isUp, permit } from './state.ts';

export async function connectToNetwork(
  containers: Containers,
  name: string,
  networkName: string,
  given: Partial<EndpointSettings>,
): Promise<void> {
  const container = containers.resolve(name);
  await container.live.lock.run(async () => {
    permit('connect', container, name);
    const network = containers.ports.networks.resolve(networkName);
    const problem = endpointProblem(network, network.name, given);
    if (problem) throw new EngineError('invalid-parameter', problem);
    checkTogether(containers, container, network);
    const runs = isUp(container.state.status) && container.state.status !== 'restarting';
    if (container.networks.has(network.name)) {
      if (runs) throw new EngineError('forbidden', `endpoint with name ${container.name} already exists in network ${network.name}`);
      return;
    }
    const attachment: NetworkAttachment = {
      settings: { ...emptyEndpointSettings(), ...given, EndpointID: '' },
      desiredMac: given.MacAddress ?? '',
      interfaceName: '',
    };
    if (!isPredefined(network.name)) attachment.settings.DNSNames = dnsNames(container, attachment);
    if (runs) await joinRunning(containers, container, network, attachment);
    else container.networks.set(network.name, attachment);
    containers.save(container);
  });
}

export async function disconnectFromNetwork(
  containers: Containers,
  name: string,
  networkName: string,
  { force = false }: { force?: boolean } = {},
): Promise<void> {
  const { networks } = containers.ports;
  const network = networks.resolve(networkName);
  if (force && !containers.find(name)) return;
  const container = containers.resolve(name);
  await container.live.lock.run(async () => {
    permit('connect', container, name);
    if (!container.networks.has(network.name))
      throw new EngineError('unknown', `container ${container.id} is not connected to network ${network.name}`);
    if (network.driver === 'host' && isUp(container.state.status))
      throw new EngineError('unknown', 'container cannot be disconnected from host network or connected to host network');
    const joined = joinedNetworks(containers, container).find((each) => each.network === network);
    if (joined) await leaveRunning(containers, container, joined);
    container.networks.delete(network.name);
    containers.save(container);
  });
}

/** Gives a running container another interface. What fails leaves it as it was. */
async function joinRunning(containers: Containers, container: Container, network: Network, attachment: NetworkAttachment): Promise<void> {
  const { runtime, storage } = containers.ports;
  const before = joinedNetworks(containers, container);
  const joined = join(containers, container, network.name, attachment);
  container.networks.set(network.name, attachment);
  try {
    const plan = planOf(joined, false);
    if (plan) await runtime.connect(container.id, plan);
    try {
      if (network.named && !before.some((other) => other.network.named)) {
        await runtime.startNameServer(container.id);
        writeResolvConf(containers, container, 'internal');
      }
      await changeGateway(containers, container, gatewayOf(before));
    } catch (error) {
      if (plan) await runtime.disconnect(container.id, plan.interfaceName).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    container.networks.delete(network.name);
    leave(containers, container, network, attachment);
    throw error;
  }
  addHosts(storage, container.id, ownHosts(container, joined.endpoint));
}

async function leaveRunning(containers: Containers, container: Container, { network, endpoint, attachment }: Joined): Promise<void> {
  const { runtime, storage } = containers.ports;
  const before = gatewayOf(joinedNetworks(containers, container));
  if (before?.network === network) await unpublishPorts(containers, container, endpoint.id);
  if (network.link()) await runtime.disconnect(container.id, attachment.interfaceName);
  leave(containers, container, network, attachment);
  container.networks.delete(network.name);
  removeHosts(storage, container.id, ownHosts(container, endpoint));
  await changeGateway(containers, container, before?.network === network ? undefined : before);
}

/** The default route and the published ports go by the endpoint that comes first, whichever that is now. */
async function changeGateway(containers: Containers, container: Container, before: Joined | undefined): Promise<void> {
  const { runtime } = containers.ports;
  const joined = joinedNetworks(containers, container);
  const gateway = gatewayOf(joined);
  if (gateway?.endpoint === before?.endpoint && gateway) return;
  const route = gateway && routeOf(gateway.network);
  await runtime.setDefaultRoute(container.id, gateway && route && { interfaceName: gateway.attachment.interfaceName, gateway: route });
  if (before) await unpublishPorts(containers, container, before.endpoint.id);
  container.ports = unpublishedPorts(container, joined);
  if (gateway) container.ports = await publishPorts(containers, container, gateway);
}

/** Networks that cannot be had at the same time. */
function checkTogether(containers: Containers, { hostConfig, networks }: Container, added: Network): void {
  const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);
  if (hostConfig.NetworkMode.startsWith('container:'))
    throw bad('container sharing network namespace with another container or host cannot be connected to any other network');
  if (hostConfig.NetworkMode !== 'host' && added.driver === 'host')
    throw bad('cannot connect container to host network - container must be created in host network mode');
  for (const term of networks.keys()) {
    const other = containers.ports.networks.find(term);
    if (!other || other === added) continue;
    if (other.driver === 'host' || added.driver === 'host')
      throw bad('container sharing network namespace with another container or host cannot be connected to any other network');
    if (other.name === 'none' || added.name === 'none')
      throw bad('container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
}
