/** Restarts a project's containers. Source: docker/compose 2.26.1 pkg/compose/restart.go. */
import type { ComposeWork } from './compose-work.ts';
import { inDependencyOrder } from './dependency-order.ts';
import { done, working } from './progress.ts';
import { progressName, projectContainers } from './project-containers.ts';
import { withSelectedServices } from './project-selection.ts';
import type { Project } from './project.ts';
import { isOf } from './reconcile.ts';
import type { StopOptions } from './stop-containers.ts';

/** The project with those services that are to restart: the named ones, and what restarts with them unless it is left alone. */
export function toRestart(project: Project, names: string[], alone: boolean): Project {
  const related = alone ? project : withRestartingDependencies(project);
  return names.length === 0 ? related : withSelectedServices(related, names, alone ? 'ignore' : 'dependents');
}

/** Only `restart: true` makes a dependency matter here. */
function withRestartingDependencies(project: Project): Project {
  const services = Object.entries(project.services).map(([name, service]) => {
    const dependencies = Object.entries(service.depends_on ?? {}).filter(([, { restart: follows }]) => follows);
    return [name, { ...service, depends_on: Object.fromEntries(dependencies) }] as const;
  });
  return { ...project, services: Object.fromEntries(services) };
}

export async function restartServices({ api, progress }: ComposeWork, project: Project, { timeoutSeconds }: StopOptions): Promise<void> {
  const containers = await projectContainers(api, project.name);
  await inDependencyOrder(project, async (name) => {
    const own = containers.filter((container) => isOf(container, name));
    await Promise.all(
      own.map(async (container) => {
        progress.event(working(progressName(container), 'Restarting'));
        await api.post(`/containers/${container.Id}/restart`, { query: { t: timeoutSeconds } });
        progress.event(done(progressName(container), 'Started'));
      }),
    );
  });
}
