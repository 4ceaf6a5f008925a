/**
 * A project as its containers' labels tell of it, for commands that find no file but know the name.
 * Source: docker/compose 2.26.1 pkg/compose/compose.go, projectFromName, and down.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { VolumeList } from '#engine/api/types/volume.ts';
import { ComposeError } from './compose-error.ts';
import { labelFilter } from './compose-work.ts';
import {
  CONFIG_FILES_LABEL,
  DEPENDENCIES_LABEL,
  NETWORK_LABEL,
  PROJECT_LABEL,
  SERVICE_LABEL,
  VOLUME_LABEL,
  WORKING_DIR_LABEL,
} from './labels.ts';
import type { ComposeNetwork, ComposeService, ComposeVolume, Project, ServiceDependency } from './project.ts';
import { projectContainers } from './project-containers.ts';

/** @throws ComposeError for a service of which there is no container */
export async function projectOfContainers(api: ApiClient, name: string, services: readonly string[] = []): Promise<Project> {
  const containers = await projectContainers(api, name, { oneOff: 'include' });
  const query = { filters: labelFilter([`${PROJECT_LABEL}=${name}`]) };
  const networks = (await api.get<NetworkInspect[]>('/networks', { query })).map(({ Name, Labels }): [string, ComposeNetwork] => [
    Labels[NETWORK_LABEL] ?? Name,
    { name: Name },
  ]);
  const { Volumes } = await api.get<VolumeList>('/volumes', { query });
  const volumes = (Volumes ?? []).map(({ Name, Labels }): [string, ComposeVolume] => [Labels?.[VOLUME_LABEL] ?? Name, { name: Name }]);
  const found = servicesOf(containers);
  const missing = services.find((service) => !(service in found));
  if (missing !== undefined) throw new ComposeError(`no such service: ${missing}`);
  const labels = containers[0]?.Labels ?? {};
  return {
    name,
    services: found,
    networks: Object.fromEntries(networks),
    volumes: Object.fromEntries(volumes),
    secrets: {},
    configs: {},
    extensions: {},
    workingDirectory: labels[WORKING_DIR_LABEL] ?? '',
    composeFiles: labels[CONFIG_FILES_LABEL]?.split(',') ?? [],
    environment: {},
    disabledServices: {},
    profiles: [],
  };
}

function servicesOf(containers: readonly ContainerSummary[]): Record<string, ComposeService> {
  const services: Record<string, ComposeService> = {};
  for (const { Labels: labels, Image: image } of containers) {
    const name = labels[SERVICE_LABEL];
    if (name === undefined) continue;
    const service = (services[name] ??= { name, image, scale: 0, depends_on: dependenciesOf(labels[DEPENDENCIES_LABEL] ?? '') });
    service.scale = (service.scale ?? 0) + 1;
  }
  return services;
}

/** `db:service_healthy:false`, separated by commas; older versions wrote the name only. */
function dependenciesOf(label: string): Record<string, ServiceDependency> {
  return Object.fromEntries(
    label
      .split(',')
      .filter(Boolean)
      .map((text): [string, ServiceDependency] => {
        const [name = '', condition = '', restart = ''] = text.split(':');
        const known = condition === 'service_healthy' || condition === 'service_completed_successfully' ? condition : 'service_started';
        return [name, { condition: known, restart: restart === 'true', required: true }];
      }),
  );
}
