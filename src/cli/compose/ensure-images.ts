/**
 * The images of a project's services: those that are missing are pulled, or built, and each one's id is found.
 * Source: docker/compose 2.26.1 pkg/compose/{build,pull}.go.
 */
import type { ImageInspect } from '#engine/api/types/image.ts';
import { allEnded } from './all-ended.ts';
import { buildService } from './build-service.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus, type ComposeWork } from './compose-work.ts';
import { imageName } from './labels.ts';
import { sortedKeys } from './load/model.ts';
import type { ComposeService, Project } from './project.ts';
import { servicesInOrder } from './project-selection.ts';
import type { ProgressMode } from './progress.ts';
import { PullError, pullService } from './pull-service.ts';

export interface ImageOptions {
  quietPull: boolean;
  /** False for `--no-build`. */
  build: boolean;
  progressMode: ProgressMode;
}

/** @returns the image's id for each service that has one */
export async function ensureImages(work: ComposeWork, project: Project, options: ImageOptions): Promise<Record<string, string>> {
  const services = sortedKeys(project.services).map((name) => project.services[name]!);
  for (const { name, image, build } of services) {
    if (!image && !build) throw new ComposeError(`invalid service "${name}". Must specify either image or build`);
  }
  const ids = await localImages(work, project, services);
  await pullMissing(work, services, ids, options.quietPull);
  if (options.build) await buildMissing(work, project, ids, options.progressMode);
  return Object.fromEntries(
    services.flatMap((service) => {
      const id = ids.get(imageName(project, service));
      return id === undefined ? [] : [[service.name, id]];
    }),
  );
}

/** The ids of services' images that are here, by name. */
export async function localImages(
  { api }: ComposeWork,
  project: Project,
  services: readonly ComposeService[],
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const name of new Set(services.map((service) => imageName(project, service)))) {
    try {
      ids.set(name, (await api.get<ImageInspect>(`/images/${name}/json`)).Id);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }
  return ids;
}

async function pullMissing(
  work: ComposeWork,
  services: readonly ComposeService[],
  ids: Map<string, string>,
  quiet: boolean,
): Promise<void> {
  const needed = services.filter((service) => isToPull(service, ids));
  const built = new Set(services.flatMap(({ image, build }) => (image && build ? [image] : [])));
  const pulls = needed.map(async (service) => {
    try {
      ids.set(service.image!, await pullService(work, service, { quiet, canBuild: built.has(service.image!) }));
    } catch (error) {
      // What can be built need not be there to be pulled.
      if (!(error instanceof PullError && built.has(service.image!))) throw error;
    }
  });
  await allEnded(pulls);
}

function isToPull({ image, pull_policy: policy }: ComposeService, ids: ReadonlyMap<string, string>): boolean {
  if (!image) return false;
  if (policy === 'always') return true;
  return policy !== 'never' && policy !== 'build' && !ids.has(image);
}

async function buildMissing(work: ComposeWork, project: Project, ids: Map<string, string>, mode: ProgressMode): Promise<void> {
  const done = new Set<string>();
  for (const service of servicesInOrder(project, [])) {
    const name = imageName(project, service);
    if (!service.build || done.has(name) || (ids.has(name) && service.pull_policy !== 'build')) continue;
    done.add(name);
    await buildService(work, project, service, { progressMode: mode });
    ids.set(name, (await work.api.get<ImageInspect>(`/images/${name}/json`)).Id);
  }
}
