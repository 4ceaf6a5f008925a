/**
 * Makes a project what its files say, up to containers that are there and not started: images, networks, volumes, then
 * what the plan says, service by service.
 * Source: docker/compose 2.26.1 pkg/compose/{create,convergence}.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { allEnded } from './all-ended.ts';
import type { ComposeWork } from './compose-work.ts';
import { createContainer } from './create-container.ts';
import { inDependencyOrder } from './dependency-order.ts';
import { ensureImages, type ImageOptions } from './ensure-images.ts';
import { ensureNetworks } from './ensure-networks.ts';
import { ensureVolumes } from './ensure-volumes.ts';
import { REPLACE_LABEL, serviceLabels } from './labels.ts';
import type { Project } from './project.ts';
import { done, working } from './progress.ts';
import { reconcile, type ReconcileOptions, type ServicePlan, type Step } from './reconcile.ts';
import { withReferences } from './service-references.ts';
import { stopAndRemove } from './stop-containers.ts';
import { nameOf, progressName, projectContainers } from './project-containers.ts';

export interface ConvergeOptions extends ImageOptions, Omit<ReconcileOptions, 'imageIds'> {
  /** A container that is replaced hands its anonymous volumes on. */
  inherit: boolean;
  removeOrphans: boolean;
  ignoreOrphans: boolean;
  /** Seconds to stop a container; undefined for its own. */
  timeoutSeconds?: number | undefined;
  /** `--env-file`, for the labels. */
  envFiles: readonly string[];
  /** Containers are about to be started, which the terminal shows as work that goes on. */
  startsLater: boolean;
}

export async function converge(work: ComposeWork, project: Project, options: ConvergeOptions): Promise<void> {
  const seen = await projectContainers(work.api, project.name, { oneOff: 'include' });
  const imageIds = await ensureImages(work, project, options);
  await ensureNetworks(work, project);
  await ensureVolumes(work, project);
  const plan = reconcile(project, seen, { ...options, imageIds });
  await dealWithOrphans(work, plan.orphans, options);

  /** The first container of each service that has been dealt with. */
  const first = new Map<string, string>();
  await inDependencyOrder(project, async (name) => {
    const steps = plan.services.find(({ service }) => service === name)!;
    const id = await carryOut({ work, project, options, imageIds, first }, steps);
    if (id !== undefined) first.set(name, id);
  });
}

async function dealWithOrphans(work: ComposeWork, orphans: readonly ContainerSummary[], options: ConvergeOptions): Promise<void> {
  if (orphans.length === 0 || options.ignoreOrphans) return;
  if (options.removeOrphans) {
    await Promise.all(orphans.map((orphan) => stopAndRemove(work, orphan, { timeoutSeconds: undefined, volumes: false })));
    return;
  }
  work.warn(
    `Found orphan containers ([${orphans.map(nameOf).join(' ')}]) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up.`,
  );
}

interface Convergence {
  work: ComposeWork;
  project: Project;
  options: ConvergeOptions;
  imageIds: Readonly<Record<string, string>>;
  first: ReadonlyMap<string, string>;
}

/** @returns the first container of the service, if it has one */
async function carryOut(convergence: Convergence, { service: name, steps }: ServicePlan): Promise<string | undefined> {
  const service = withReferences(convergence.project.services[name]!, (other) => convergence.first.get(other));
  const ids = await allEnded(steps.map((step) => carryOutStep(convergence, service, step)));
  return ids.find((id) => id !== undefined);
}

async function carryOutStep(
  { work, project, options, imageIds }: Convergence,
  service: Project['services'][string],
  step: Step,
): Promise<string | undefined> {
  const { progress, api } = work;
  const wanted = { labels: serviceLabels(project, service, options.envFiles), imageId: imageIds[service.name] ?? '' };
  switch (step.kind) {
    case 'remove':
      await stopAndRemove(work, step.container, { timeoutSeconds: options.timeoutSeconds, volumes: false });
      return undefined;
    case 'keep':
      tellOfKept(work, step.container);
      return step.container.Id;
    case 'create': {
      const about = `Container ${step.name}`;
      progress.event(working(about, 'Creating'));
      const id = await createContainer(work, project, service, { ...wanted, number: step.number, name: step.name });
      progress.event(options.startsLater ? working(about, 'Created') : done(about, 'Created'));
      return id;
    }
    case 'recreate': {
      const { container, number, temporaryName: name } = step;
      const about = progressName(container);
      progress.event(working(about, 'Recreate'));
      const labels = { ...wanted.labels, [REPLACE_LABEL]: container.Id };
      const replaced = options.inherit ? container : undefined;
      const id = await createContainer(work, project, service, { ...wanted, labels, number, name, replaced });
      await api.post(`/containers/${container.Id}/stop`, { query: { t: options.timeoutSeconds } });
      await api.delete(`/containers/${container.Id}`);
      await api.post(`/containers/${id}/rename`, { query: { name: step.name } });
      progress.event(done(about, 'Recreated'));
      return id;
    }
  }
}

function tellOfKept({ progress }: ComposeWork, container: ContainerSummary): void {
  if (container.State === 'running') progress.event(done(progressName(container), 'Running'));
  else if (container.State === 'exited') progress.event(done(progressName(container), 'Created'));
}
