/**
 * A project as its containers' labels tell of it, for commands that find no file but know the name.
 * Source: docker/compose 2.26.1 pkg/compose/compose.go, projectFromName, and down.go, getProjectWithResources.
 */
import type { ApiClient } from '#engine/api/client.ts';
import { quote } from '#engine/go-quote.ts';
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
import type { ComposeService, Project, ServiceDependency } from './project.ts';
import { projectContainers } from './project-containers.ts';
import { withSelectedServices } from './project-selection.ts';

/**
 * Those services that have containers, and what they depend on.
 *
 * @param services none for all
 * @throws ComposeError where there is no container of the project, or of one of the services
 */
export async function projectFromName(api: ApiClient, name: string, services: readonly string[]): Promise<Project> {
  const containers = await projectContainers(api, name);
  if (containers.length === 0) throw new ComposeError(`no container found for project ${quote(name)}: not found`);
  const project = projectOf(name, containers);
  const missing = services.find((service) => !(service in project.services));
  if (missing !== undefined) throw new ComposeError(`no such service: ${quote(missing)}: not found`);
  return withSelectedServices(project, [...services]);
}

/** All that there is of a project, which may be nothing. */
export async function projectWithResources(api: ApiClient, name: string): Promise<Project> {
  const project = projectOf(name, await projectContainers(api, name));
  const query = { filters: labelFilter([`${PROJECT_LABEL}=${name}`]) };
  const { Volumes } = await api.get<VolumeList>('/volumes', { query });
  for (const { Name, Labels } of Volumes ?? []) project.volumes[Labels?.[VOLUME_LABEL] ?? Name] = { name: Name };
  for (const { Name, Labels } of await api.get<NetworkInspect[]>('/networks', { query })) {
    project.networks[Labels[NETWORK_LABEL] ?? Name] = { name: Name };
  }
  return project;
}

function projectOf(name: string, containers: readonly ContainerSummary[]): Project {
  const labels = containers[0]?.Labels ?? {};
  return {
    name,
    services: servicesOf(containers),
    networks: {},
    volumes: {},
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

/** `db:service_healthy:false`, separated by commas; older versions wrote the name only, and what they start with restarts with it. */
function dependenciesOf(label: string): Record<string, ServiceDependency> {
  return Object.fromEntries(
    label
      .split(',')
      .filter(Boolean)
      .map((text): [string, ServiceDependency] => {
        const [name = '', condition = '', restart = 'true'] = text.split(':');
        const known = condition === 'service_healthy' || condition === 'service_completed_successfully' ? condition : 'service_started';
        return [name, { condition: known, restart: restart === 'true', required: true }];
      }),
  );
}
