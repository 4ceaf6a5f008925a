/**
 * Waits until what a service depends on is as its conditions say: healthy, ended well, running.
 * Source: docker/compose 2.26.1 pkg/compose/convergence.go, waitDependencies.
 */
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import { sleep } from '../sleep.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { sortedKeys } from './load/model.ts';
import type { Project } from './project.ts';
import { done, failed, warned, working } from './progress.ts';
import { isOf, scaleOf } from './reconcile.ts';
import { progressName } from './project-containers.ts';

const POLL_MS = 500;

export interface Dependency {
  condition?: 'service_started' | 'service_healthy' | 'service_completed_successfully' | 'running_or_healthy' | undefined;
  required: boolean;
}

/**
 * @param given up when it says true
 * @throws ComposeError in Compose's words when a required dependency will not come
 */
export async function waitDependencies(
  work: ComposeWork,
  project: Project,
  dependant: string,
  dependencies: Readonly<Record<string, Dependency>>,
  containers: readonly ContainerSummary[],
  isOver: () => boolean = () => false,
): Promise<void> {
  const waits: Promise<void>[] = [];
  for (const name of sortedKeys(dependencies)) {
    const dependency = dependencies[name]!;
    if (!shouldWait(project, name, dependency)) continue;
    const waitingFor = containers.filter((container) => isOf(container, name));
    for (const container of waitingFor) work.progress.event(working(progressName(container), 'Waiting'));
    if (waitingFor.length > 0) waits.push(waitFor(work, name, dependency, waitingFor, isOver));
    else if (dependency.required) throw new ComposeError(`${dependant} is missing dependency ${name}`);
    else work.warn(`${dependant} is missing dependency ${name}`);
  }
  await Promise.all(waits);
}

/** That a dependency has started is seen to by the order of starts. */
function shouldWait(project: Project, name: string, { condition = 'service_started' }: Dependency): boolean {
  if (condition === 'service_started') return false;
  const service = project.services[name];
  if (service) return scaleOf(service) > 0;
  if (name in project.disabledServices) return false;
  throw new ComposeError(`no such service: ${name}`);
}

async function waitFor(
  work: ComposeWork,
  name: string,
  dependency: Dependency,
  containers: readonly ContainerSummary[],
  isOver: () => boolean,
): Promise<void> {
  const { progress } = work;
  for (;;) {
    await sleep(work.context.environment.clock, POLL_MS);
    if (isOver()) return;
    let state: string | undefined;
    try {
      state = await stateOf(work, name, dependency, containers);
    } catch (error) {
      if (!(error instanceof DependencyError)) throw error;
      if (!dependency.required) {
        for (const container of containers) progress.event(warned(progressName(container), `Skipped: ${error.skipped}`));
        work.warn(error.warning);
        return;
      }
      for (const container of containers) progress.event(failed(progressName(container), error.statusText));
      throw new ComposeError(error.message);
    }
    if (state === undefined) continue;
    for (const container of containers) progress.event(done(progressName(container), state));
    return;
  }
}

/** A dependency that will not come; as an error, as a warning, and as the reason for which it is skipped. */
class DependencyError extends Error {
  constructor(
    message: string,
    readonly warning: string,
    readonly skipped: string,
    readonly statusText: string,
  ) {
    super(message);
  }
}

/** What is said of it once it is there; undefined before. */
async function stateOf(
  work: ComposeWork,
  name: string,
  { condition }: Dependency,
  containers: readonly ContainerSummary[],
): Promise<string | undefined> {
  if (condition === 'service_completed_successfully') {
    const code = await exitCodeOf(work, containers);
    if (code === undefined) return undefined;
    if (code === 0) return 'Exited';
    const suffix = `"${name}" didn't complete successfully: exit ${code}`;
    throw new DependencyError(`service ${suffix}`, `optional dependency ${suffix}`, `optional dependency ${suffix}`, `service ${suffix}`);
  }
  const isLoose = condition === 'running_or_healthy';
  try {
    return (await areHealthy(work, containers, isLoose)) ? 'Healthy' : undefined;
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error;
    const skipped = `optional dependency "${name}" ${isLoose ? 'is not running or is unhealthy' : 'failed to start'}`;
    const message = isLoose ? error.message : `dependency failed to start: ${error.message}`;
    throw new DependencyError(message, `${skipped}: ${error.message}`, skipped, 'Error');
  }
}

async function exitCodeOf({ api, dryRun }: ComposeWork, containers: readonly ContainerSummary[]): Promise<number | undefined> {
  // What does not run cannot end; it is taken to end well.
  if (dryRun) return 0;
  for (const { Id } of containers) {
    const { State } = await api.get<ContainerInspect>(`/containers/${Id}/json`);
    if (State.Status === 'exited') return State.ExitCode;
  }
  return undefined;
}

/** @param orRunning one without a health check is healthy while it runs */
async function areHealthy({ api }: ComposeWork, containers: readonly ContainerSummary[], orRunning: boolean): Promise<boolean> {
  for (const { Id } of containers) {
    const { State, Config, Name } = await api.get<ContainerInspect>(`/containers/${Id}/json`);
    const name = Name.slice(1);
    if (State.Status === 'exited') throw new ComposeError(`container ${name} exited (${State.ExitCode})`);
    if (!Config.Healthcheck && orRunning) return State.Status === 'running';
    if (!State.Health) throw new ComposeError(`container ${name} has no healthcheck configured`);
    if (State.Health.Status === 'starting') return false;
    if (State.Health.Status === 'unhealthy') throw new ComposeError(`container ${name} is unhealthy`);
    if (State.Health.Status !== 'healthy')
      throw new ComposeError(`container ${name} had unexpected health status "${State.Health.Status}"`);
  }
  return true;
}
