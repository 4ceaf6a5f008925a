/** `docker compose down`: removes a project's containers and networks, and more where asked. Source: docker/compose 2.26.1 pkg/compose/down.go. */
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { Command } from '../command.ts';
import { quote } from '#engine/go-quote.ts';
import { errorLine } from '../error-line.ts';
import { allEnded } from './all-ended.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus, labelFilter, type ComposeWork } from './compose-work.ts';
import { inReverseDependencyOrder } from './dependency-order.ts';
import { globalsOf, removesOrphans } from './globals.ts';
import { imagesToRemove, removeImage } from './remove-images.ts';
import { NETWORK_LABEL, PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import { sortedKeys } from './load/model.ts';
import type { Project } from './project.ts';
import { servicesInOrder } from './project-selection.ts';
import { done, failed, warned, working } from './progress.ts';
import { isOrphan } from './reconcile.ts';
import { projectOrName } from './named-project.ts';
import { projectWithResources } from './project-of-containers.ts';
import { runWork, timeoutOf } from './run-work.ts';
import { stopAndRemove } from './stop-containers.ts';
import { projectContainers } from './project-containers.ts';

interface DownOptions {
  removeOrphans: boolean;
  volumes: boolean;
  /** `local`, `all` or nothing. */
  images: string;
  timeoutSeconds: number | undefined;
  /** With those that depend on them; empty for all. */
  services: readonly string[];
}

/** @cli  Y  docker compose down  "Stop and remove containers, networks" */
export const down: Command = {
  path: ['compose', 'down'],
  run: async (context) => {
    const { flags, args } = context;
    const images = flags.string('rmi');
    if (images !== '' && images !== 'local' && images !== 'all') throw new ComposeError(`invalid value for --rmi: ${quote(images)}`);
    const globals = await globalsOf(context);
    const named = await projectOrName(context, args);
    const project = named.project ?? (await projectWithResources(await context.api(), named.name));
    // Without its files nobody knows whether a service is wrong, or gone already.
    const services = named.project ? args : args.filter((service) => service in project.services);
    await runWork(context, globals, 'Running', (work) =>
      takeDown(work, project, {
        removeOrphans: removesOrphans(context),
        volumes: flags.bool('volumes'),
        images,
        timeoutSeconds: timeoutOf(context),
        services,
      }),
    );
  },
};

export async function takeDown(work: ComposeWork, project: Project, options: DownOptions): Promise<void> {
  const { removeOrphans, timeoutSeconds, volumes, services } = options;
  const containers = await projectContainers(work.api, project.name, { oneOff: removeOrphans ? 'include' : 'exclude' });
  const chosen = servicesInOrder(project, [...services], 'dependents').map(({ name }) => name);
  await inReverseDependencyOrder(project, async (name) => {
    if (!chosen.includes(name)) return;
    const own = containers.filter(({ Labels }) => Labels[SERVICE_LABEL] === name);
    await Promise.all(own.map((container) => stopAndRemove(work, container, { timeoutSeconds, volumes })));
  });
  if (removeOrphans) {
    const orphans = containers.filter((container) => isOrphan(project, container));
    await Promise.all(orphans.map((orphan) => stopAndRemove(work, orphan, { timeoutSeconds, volumes: false })));
  }
  const removals = await removalsOf(work, project, options);
  if (containers.length === 0 && removals.length === 0) {
    await work.context.err(`Warning: No resource found to remove for project "${project.name}".\n`);
  }
  await allEnded(removals.map((remove) => remove()));
}

async function removalsOf(work: ComposeWork, project: Project, options: DownOptions): Promise<(() => Promise<void>)[]> {
  const removals = sortedKeys(project.networks)
    .filter((key) => !project.networks[key]!.external)
    .map((key) => () => removeNetwork(work, project, key));
  if (options.images !== '') {
    for (const image of await imagesToRemove(work, project, options.images === 'all', options.removeOrphans)) {
      removals.push(() => removeImage(work, image));
    }
  }
  if (options.volumes) {
    for (const key of sortedKeys(project.volumes)) {
      const volume = project.volumes[key]!;
      if (!volume.external) removals.push(() => removeVolume(work, volume.name ?? key));
    }
  }
  return removals;
}

async function removeNetwork({ api, progress }: ComposeWork, project: Project, key: string): Promise<void> {
  const name = project.networks[key]!.name ?? key;
  const filters = labelFilter([`${NETWORK_LABEL}=${key}`, `${PROJECT_LABEL}=${project.name}`]);
  const found = (await api.get<NetworkInspect[]>('/networks', { query: { filters } })).filter(({ Name }) => Name === name);
  if (found.length === 0) return;
  const about = `Network ${name}`;
  progress.event(working(about, 'Removing'));
  for (const { Id } of found) {
    const network = await api.get<NetworkInspect>(`/networks/${Id}`).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
      return undefined;
    });
    if (!network) {
      progress.event(warned(about, 'No resource found to remove'));
      continue;
    }
    if (Object.keys(network.Containers).length > 0) {
      progress.event(warned(about, 'Resource is still in use'));
      continue;
    }
    try {
      await api.delete(`/networks/${Id}`);
    } catch (error) {
      if (isStatus(error, 404)) continue;
      progress.event(failed(about, 'Error'));
      throw new ComposeError(`failed to remove network ${name}: ${errorLine(error)}`);
    }
    progress.event(done(about, 'Removed'));
  }
}

async function removeVolume({ api, progress }: ComposeWork, name: string): Promise<void> {
  const about = `Volume ${name}`;
  progress.event(working(about, 'Removing'));
  try {
    await api.delete(`/volumes/${encodeURIComponent(name)}`, { query: { force: 1 } });
  } catch (error) {
    if (isStatus(error, 409)) return progress.event(warned(about, 'Resource is still in use'));
    if (isStatus(error, 404)) return progress.event(done(about, 'Warning: No resource found to remove'));
    throw error;
  }
  progress.event(done(about, 'Removed'));
}
