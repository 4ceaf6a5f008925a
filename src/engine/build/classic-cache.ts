/**
 * The classic builder's cache is the images themselves: a step was done before when an image has the same parent and was
 * made by a container of the same configuration.
 * Source: moby image/cache/compare.go, daemon/images/cache.go.
 */
import type { Image } from '../image/image-store.ts';
import type { Images } from '../image/images.ts';
import type { RunConfig } from '../oci/image-config.ts';

/**
 * @param parentId empty for a stage from scratch
 * @param cacheFrom images whose steps alone count, with those below them; empty: all that were built here
 * @returns the newest image that the step gave before
 */
export function findStep(images: Images, parentId: string, config: RunConfig, cacheFrom: readonly string[]): Image | undefined {
  const allowed = cacheFrom.length > 0 ? ancestry(images, cacheFrom) : undefined;
  const siblings = parentId === '' ? [...images.store.all()].filter((image) => image.parentId === '') : images.store.children(parentId);
  return siblings
    .filter(
      (image) => (!allowed || allowed.has(image.id)) && image.config.container_config && isSame(image.config.container_config, config),
    )
    .sort((a, b) => (b.createdMs ?? 0) - (a.createdMs ?? 0))[0];
}

function ancestry(images: Images, names: readonly string[]): Set<string> {
  const ids = new Set<string>();
  for (const name of names) {
    for (let image = images.find(name); image && !ids.has(image.id); image = images.store.get(image.parentId)) ids.add(image.id);
  }
  return ids;
}

const compared = ['User', 'ExposedPorts', 'Env', 'Cmd', 'Healthcheck', 'Volumes', 'WorkingDir', 'Entrypoint', 'OnBuild', 'Labels', 'StopSignal', 'Shell'] as const satisfies (keyof RunConfig)[]; // prettier-ignore

function isSame(a: RunConfig, b: RunConfig): boolean {
  return compared.every((key) => canonical(a[key]) === canonical(b[key]));
}

/** The order of a map's keys does not count; nothing and empty are the same. */
function canonical(value: unknown): string {
  if (value === undefined || value === null || value === '') return '';
  if (Array.isArray(value)) return value.length === 0 ? '' : JSON.stringify(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
  return entries.length === 0 ? '' : JSON.stringify(entries);
}
