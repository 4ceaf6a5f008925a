/** Stops containers, and removes them. Source: docker/compose 2.26.1 pkg/compose/{stop,down}.go. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { isStatus, type ComposeWork } from './compose-work.ts';
import { inReverseDependencyOrder } from './dependency-order.ts';
import type { Project } from './project.ts';
import { done, failed, working } from './progress.ts';
import { isOf } from './reconcile.ts';
import { progressName, projectContainers } from './project-containers.ts';

export interface StopOptions {
  /** Undefined for each container's own. */
  timeoutSeconds: number | undefined;
}

/** Stops the containers of services, dependents first. @param services empty for all */
export async function stopServices(work: ComposeWork, project: Project, services: readonly string[], options: StopOptions): Promise<void> {
  const containers = await projectContainers(work.api, project.name);
  await inReverseDependencyOrder(project, async (name) => {
    if (services.length > 0 && !services.includes(name)) return;
    await Promise.all(containers.filter((container) => isOf(container, name)).map((container) => stop(work, container, options)));
  });
}

async function stop({ api, progress }: ComposeWork, container: ContainerSummary, { timeoutSeconds }: StopOptions): Promise<void> {
  const about = progressName(container);
  progress.event(working(about, 'Stopping'));
  try {
    await api.post(`/containers/${container.Id}/stop`, { query: { t: timeoutSeconds } });
  } catch (error) {
    progress.event(failed(about, 'Error while Stopping'));
    throw error;
  }
  progress.event(done(about, 'Stopped'));
}

export interface RemoveOptions extends StopOptions {
  /** With its anonymous volumes. */
  volumes: boolean;
}

export async function stopAndRemove(work: ComposeWork, container: ContainerSummary, options: RemoveOptions): Promise<void> {
  try {
    await stop(work, container, options);
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    work.progress.event(done(progressName(container), 'Removed'));
    return;
  }
  await remove(work, container, options.volumes);
}

/** What is gone, or is on its way, has nothing against it. */
async function remove({ api, progress }: ComposeWork, container: ContainerSummary, volumes: boolean): Promise<void> {
  const about = progressName(container);
  progress.event(working(about, 'Removing'));
  try {
    await api.delete(`/containers/${container.Id}`, { query: { force: 1, v: volumes ? 1 : undefined } });
  } catch (error) {
    if (!isStatus(error, 404, 409)) {
      progress.event(failed(about, 'Error while Removing'));
      throw error;
    }
  }
  progress.event(done(about, 'Removed'));
}
