/**
 * Services whose containers share another container's network, processes, memory or volumes: `network_mode: service:db`.
 * The engine knows containers only.
 * Source: docker/compose 2.26.1 pkg/compose/convergence.go, resolveServiceReferences.
 */
import { ComposeError } from './compose-error.ts';
import type { ComposeService } from './project.ts';

const SERVICE = 'service:';
const CONTAINER = 'container:';
const shared = ['network_mode', 'ipc', 'pid'] as const;
const reasons = { network_mode: 'network mode', ipc: 'IPC mode', pid: 'PID mode' } as const;

/** Services that must have a container before this one can. */
export function referencedServices(service: ComposeService): string[] {
  const modes = shared.flatMap((key) => (service[key]?.startsWith(SERVICE) ? [service[key].slice(SERVICE.length)] : []));
  const volumes = (service.volumes_from ?? []).filter((from) => !from.startsWith(CONTAINER)).map((from) => from.split(':')[0]!);
  return [...new Set([...modes, ...volumes])];
}

/**
 * The service with containers in the place of services.
 *
 * @param containerOf the id of a service's first container
 * @throws ComposeError when there is none
 */
export function withReferences(service: ComposeService, containerOf: (service: string) => string | undefined): ComposeService {
  if (referencedServices(service).length === 0 && !service.volumes_from?.length) return service;
  const resolved = { ...service };
  const find = (name: string, reason: string): string => {
    const id = containerOf(name);
    if (id === undefined) throw new ComposeError(`cannot share ${reason} with service ${name}: container missing`);
    return id;
  };
  for (const key of shared) {
    const mode = service[key];
    if (mode?.startsWith(SERVICE)) resolved[key] = CONTAINER + find(mode.slice(SERVICE.length), reasons[key]);
  }
  if (service.volumes_from) {
    resolved.volumes_from = service.volumes_from.map((from) => {
      if (from.startsWith(CONTAINER)) return from.slice(CONTAINER.length);
      const [name = '', ...mode] = from.split(':');
      return [find(name, 'volume'), ...mode].join(':');
    });
  }
  return resolved;
}
