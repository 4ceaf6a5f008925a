/** Kills what runs of services. Source: docker/compose 2.26.1 pkg/compose/kill.go. */
import type { ComposeWork } from './compose-work.ts';
import type { Project } from './project.ts';
import { done, failed, working } from './progress.ts';
import { progressName, projectContainers, serviceOf } from './project-containers.ts';

export interface KillOptions {
  /** None for all. */
  services: readonly string[];
  /** Undefined for the daemon's choice. */
  signal?: string;
  /** Those of services too that the project does not have. */
  orphans?: boolean;
}

export async function killServices(work: ComposeWork, project: Project, { services, signal, orphans }: KillOptions): Promise<void> {
  const { api, context, progress } = work;
  const running = await projectContainers(api, project.name, { all: false, oneOff: 'include', services });
  const containers = orphans ? running : running.filter((container) => serviceOf(container) in project.services);
  if (containers.length === 0) await context.err('no container to kill');
  await Promise.all(
    containers.map(async (container) => {
      const about = progressName(container);
      progress.event(working(about, 'Killing'));
      try {
        await api.post(`/containers/${container.Id}/kill`, { query: { signal } });
      } catch (error) {
        progress.event(failed(about, 'Error while Killing'));
        throw error;
      }
      progress.event(done(about, 'Killed'));
    }),
  );
}
