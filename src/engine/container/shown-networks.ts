/** The endpoints of a container as the engine's release shows them. */
import type { EndpointSettings } from '../api/types/network.ts';
import type { EngineRelease } from '../engine-release.ts';
import { sortedMap } from './config-document.ts';
import type { Container } from './container.ts';

export function shownNetworks({ networks }: Container, { behaviours }: EngineRelease): Record<string, EndpointSettings> {
  const hidden: (keyof EndpointSettings)[] = [
    ...(behaviours.includes('dns-names') ? [] : (['DNSNames'] as const)),
    ...(behaviours.includes('gateway-priority') ? [] : (['GwPriority'] as const)),
  ];
  const shown = ({ ...settings }: EndpointSettings): EndpointSettings => {
    for (const field of hidden) delete (settings as Partial<EndpointSettings>)[field];
    return settings;
  };
  return sortedMap(Object.fromEntries([...networks].map(([name, { settings }]) => [name, shown(settings)])));
}
