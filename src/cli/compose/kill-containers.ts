/** Source: docker/compose 2.26.1 pkg/compose/kill.go. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { ComposeWork } from './compose-work.ts';
import { done, failed, working } from './progress.ts';
import { progressName } from './project-containers.ts';

export async function killContainers(
  { api, progress }: ComposeWork,
  containers: readonly ContainerSummary[],
  signal: string,
): Promise<void> {
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
