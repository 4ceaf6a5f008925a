/**
 * Starts a project's containers, each after what it depends on is as it should be.
 * Source: docker/compose 2.26.1 pkg/compose/{start,convergence}.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { formatDuration } from '#engine/go-duration.ts';
import { ComposeError } from './compose-error.ts';
import { labelFilter, type ComposeWork } from './compose-work.ts';
import { inDependencyOrder } from './dependency-order.ts';
import { ONEOFF_LABEL, PROJECT_LABEL } from './labels.ts';
import type { Project } from './project.ts';
import { done, working } from './progress.ts';
import { isOf, scaleOf } from './reconcile.ts';
import { waitDependencies, type Dependency } from './wait-dependencies.ts';
import { progressName } from './project-containers.ts';

export interface StartOptions {
  /** Until all are running or healthy. */
  wait?: boolean;
  /** 0 for ever. */
  waitTimeoutSeconds?: number;
  /** When it says true, nobody waits any more, and nothing is started. */
  isOver?: () => boolean;
}

export async function startServices(work: ComposeWork, project: Project, options: StartOptions = {}): Promise<void> {
  const filters = labelFilter([`${ONEOFF_LABEL}=False`, `${PROJECT_LABEL}=${project.name}`]);
  const containers = await work.api.get<ContainerSummary[]>('/containers/json', { query: { all: 1, filters } });
  await inDependencyOrder(project, (name) => startService(work, project, name, containers, options));
  if (options.wait) await waitForAll(work, project, containers, options.waitTimeoutSeconds ?? 0);
}

async function startService(
  work: ComposeWork,
  project: Project,
  name: string,
  containers: readonly ContainerSummary[],
  { isOver = () => false }: StartOptions,
): Promise<void> {
  const { api, progress } = work;
  const service = project.services[name]!;
  if (service.deploy?.replicas === 0) return;
  await waitDependencies(work, project, name, service.depends_on ?? {}, containers, isOver);
  if (containers.length === 0) {
    if (scaleOf(service) === 0) return;
    throw new ComposeError(`service "${name}" has no container to start`);
  }
  for (const container of containers) {
    if (!isOf(container, name) || container.State === 'running') continue;
    if (isOver()) return;
    const about = progressName(container);
    progress.event(working(about, 'Starting'));
    await api.post(`/containers/${container.Id}/start`);
    progress.event(done(about, 'Started'));
  }
}

async function waitForAll(
  work: ComposeWork,
  project: Project,
  containers: readonly ContainerSummary[],
  timeoutSeconds: number,
): Promise<void> {
  const dependencies = Object.keys(project.services).map((name): [string, Dependency] => [
    name,
    { condition: conditionOf(project, name), required: true },
  ]);
  let isLate = false;
  const cancel = timeoutSeconds > 0 ? work.context.environment.clock.after(timeoutSeconds * 1000, () => (isLate = true)) : () => {};
  try {
    await waitDependencies(work, project, project.name, Object.fromEntries(dependencies), containers, () => isLate);
  } finally {
    cancel();
  }
  if (isLate) throw new ComposeError(`application not healthy after ${formatDuration(BigInt(timeoutSeconds) * 1_000_000_000n)}`);
}

/** A service that others want to have ended is waited for until then. */
function conditionOf({ services }: Project, name: string): Dependency['condition'] {
  const ends = Object.values(services).some(({ depends_on: others }) => others?.[name]?.condition === 'service_completed_successfully');
  return ends ? 'service_completed_successfully' : 'running_or_healthy';
}
