/** Images that `down --rmi` removes. Source: docker/compose 2.26.1 pkg/compose/image_pruner.go. */
import type { ImageInspect, ImageSummary } from '#engine/api/types/image.ts';
import { familiarString, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import { isStatus, type ComposeWork } from './compose-work.ts';
import { imageName, PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import { compareStrings, sortedKeys } from './load/model.ts';
import type { Project } from './project.ts';
import { done, warned, working } from './progress.ts';

/**
 * Those that were built for the project's services, found by label or by name; all that its services use.
 *
 * @param orphans also those of services that the project has no more
 */
export async function imagesToRemove({ api }: ComposeWork, project: Project, all: boolean, orphans: boolean): Promise<string[]> {
  const filters = JSON.stringify({ dangling: { false: true }, label: { [`${PROJECT_LABEL}=${project.name}`]: true } });
  const labelled = await api.get<ImageSummary[]>('/images/json', { query: { filters } });
  const found = new Set<string>();
  for (const { Labels, RepoTags } of labelled) {
    const [tag] = RepoTags ?? [];
    if (tag !== undefined && (orphans || (Labels?.[SERVICE_LABEL] ?? '') in project.services)) found.add(tag);
  }
  for (const name of sortedKeys(project.services)) {
    const service = project.services[name]!;
    if (service.image && !all) continue;
    const image = familiarString(tagNameOnly(parseNormalizedNamed(imageName(project, service))));
    if (found.has(image)) continue;
    const there = await api.get<ImageInspect>(`/images/${imageName(project, service)}/json`).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
      return undefined;
    });
    if (there) found.add(image);
  }
  return [...found].sort(compareStrings);
}

export async function removeImage({ api, progress }: ComposeWork, image: string): Promise<void> {
  const about = `Image ${image}`;
  progress.event(working(about, 'Removing'));
  try {
    await api.delete(`/images/${image}`, { query: { noprune: 1 } });
  } catch (error) {
    if (isStatus(error, 409)) return progress.event(warned(about, 'Resource is still in use'));
    if (isStatus(error, 404)) return progress.event(done(about, 'Warning: No resource found to remove'));
    throw error;
  }
  progress.event(done(about, 'Removed'));
}
