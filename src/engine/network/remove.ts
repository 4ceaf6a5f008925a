/** `docker network rm` and `prune`. Source: moby daemon/network.go, daemon/prune.go, libnetwork/network.go. */
import { EngineError } from '../errors.ts';
import type { Filters } from '../filters.ts';
import { shortId } from '../id.ts';
import { untilMs } from '../until.ts';
import type { Network } from './network.ts';
import type { Networks } from './networks.ts';

export function removeNetwork(networks: Networks, network: Network): Promise<void> {
  return networks.changing.run(() => remove(networks, network));
}

async function remove(networks: Networks, network: Network): Promise<void> {
  // Somebody else removed it while this waited.
  if (!networks.all().includes(network)) throw new EngineError('not-found', `network ${network.name} not found`);
  if (network.predefined) throw new EngineError('forbidden', `${network.name} is a pre-defined network and cannot be removed`);
  if (network.endpoints.size > 0) {
    const endpoints = [...network.endpoints.values()].map((endpoint) => `name:"${endpoint.containerName}" id:"${shortId(endpoint.id)}"`);
    throw new EngineError(
      'forbidden',
      `error while removing network: network ${network.name} has active endpoints (${endpoints.join(', ')})`,
    );
  }
  networks.delete(network);
  const device = network.device();
  if (device) await networks.ports.runtime.removeDevice(device);
  networks.ports.events.log('network', 'destroy', network.id, { name: network.name, type: network.driver });
}

/** Removes every network that nobody uses. @returns their names */
export async function pruneNetworks(networks: Networks, filters: Filters): Promise<string[]> {
  filters.validate(['label', 'label!', 'until']);
  const [until, ...more] = filters.get('until');
  if (more.length > 0) throw new EngineError('invalid-parameter', 'more than one until filter specified');
  const newest = until === undefined ? Infinity : untilMs(until, networks.ports.clock.now());
  const removed: string[] = [];
  for (const network of networks.all()) {
    const { labels, createdMs } = network.record;
    if (network.predefined || network.endpoints.size > 0 || createdMs > newest) continue;
    if (!filters.pairs('label', labels) || (filters.has('label!') && filters.pairs('label!', labels))) continue;
    // Who joined it meanwhile keeps it.
    if (!(await tryRemove(networks, network))) continue;
    removed.push(network.name);
  }
  networks.ports.events.log('network', 'prune', '', { reclaimed: '0' });
  return removed;
}

async function tryRemove(networks: Networks, network: Network): Promise<boolean> {
  try {
    await removeNetwork(networks, network);
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}
