/**
 * `docker network connect` and `disconnect` for a container that does not run: what it will join at its next start.
 * Source: moby daemon/container_operations.go, ConnectToNetwork and DisconnectFromNetwork.
 */
import type { EndpointSettings } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { isPredefined, type Network } from '../network/network.ts';
import { endpointProblem } from '../network/validate.ts';
import { dnsNames } from './connect.ts';
import { type Container, emptyEndpointSettings } from './container.ts';
import type { Containers } from './containers.ts';
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
    refuseRunning(container);
    const network = containers.ports.networks.resolve(networkName);
    const problem = endpointProblem(network, network.name, given);
    if (problem) throw new EngineError('invalid-parameter', problem);
    checkTogether(containers, container, network);
    if (container.networks.has(network.name)) return;
    const attachment = { settings: { ...emptyEndpointSettings(), ...given, EndpointID: '' }, desiredMac: given.MacAddress ?? '' };
    if (!isPredefined(network.name)) attachment.settings.DNSNames = dnsNames(container, attachment);
    container.networks.set(network.name, attachment);
    containers.save(container);
  });
}

export async function disconnectFromNetwork(containers: Containers, name: string, networkName: string): Promise<void> {
  const container = containers.resolve(name);
  await container.live.lock.run(async () => {
    permit('connect', container, name);
    refuseRunning(container);
    const network = containers.ports.networks.resolve(networkName);
    if (!container.networks.delete(network.name))
      throw new EngineError('unknown', `container ${container.id} is not connected to the network ${network.name}`);
    containers.save(container);
  });
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

function refuseRunning({ state }: Container): void {
  if (isUp(state.status))
    throw new EngineError(
      'not-implemented',
      'connecting a running container to a network, or disconnecting it, is not available yet: stop it first',
    );
}
