/** `docker rename`. Source: moby daemon/rename.go. */
import { EngineError } from '../errors.ts';
import { isPredefined } from '../network/network.ts';
import { dnsNames, nameEndpoint } from './connect.ts';
import type { Containers } from './containers.ts';

export async function renameContainer(containers: Containers, name: string, newName: string): Promise<void> {
  if (name === '' || newName === '') throw new EngineError('invalid-parameter', 'Neither old nor new names may be empty');
  const container = containers.resolve(name);
  await container.live.lock.run(async () => {
    // Its name is free for others then, and so must stay the new one.
    if (container.live.removed) throw new EngineError('not-found', `No such container: ${name}`);
    const oldName = container.name;
    if (newName.replace(/^\//, '') === oldName)
      throw new EngineError('invalid-parameter', 'Renaming a container with the same name as its current name');
    try {
      container.name = containers.names.reserve(newName, container.id);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError(error.kind, `Error when allocating new name: ${error.message}`, { cause: error });
    }
    containers.names.release(oldName);
    for (const [term, attachment] of container.networks) {
      const network = containers.ports.networks.find(attachment.settings.NetworkID || term);
      const endpoint = network?.endpoints.get(attachment.settings.EndpointID);
      if (endpoint) endpoint.containerName = container.name;
      if (network && !isPredefined(network.name) && attachment.settings.DNSNames)
        attachment.settings.DNSNames = dnsNames(container, attachment);
      if (network && endpoint) nameEndpoint(network, endpoint, attachment);
    }
    containers.save(container);
    containers.logEvent(container, 'rename', { oldName: `/${oldName}` });
  });
}
