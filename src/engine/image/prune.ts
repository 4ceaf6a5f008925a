/**
 * `docker image prune`: removes images that no name stands for, or that no container uses.
 * Source: moby daemon/images/image_prune.go.
 */
import { EngineError } from '../errors.ts';
import type { Filters } from '../filters.ts';
import { encodedOf } from '../oci/digest.ts';
import { fullString } from '../oci/reference.ts';
import { untilMs } from '../until.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import { removeImage, type Removed } from './remove.ts';

const acceptedFilters = ['dangling', 'label', 'label!', 'until'];

export interface PrunedImages {
  removed: Removed[];
  reclaimedBytes: number;
}

export function pruneImages(images: Images, filters: Filters): PrunedImages {
  filters.validate(acceptedFilters);
  const danglingOnly = filters.flag('dangling', true);
  const [until, ...more] = filters.get('until');
  if (more.length > 0) throw new EngineError('unknown', 'more than one until filter specified');
  const newest = until === undefined ? Infinity : untilMs(until, images.ports.clock.now());
  const sizes = new Map([...images.layers.all()].map(({ chainId, sizeBytes }) => [chainId, sizeBytes]));
  const removed: Removed[] = [];
  const candidates = [...images.store.all()].filter((image) => isCandidate(images, image, filters, danglingOnly, newest));
  for (const image of candidates) removed.push(...removeCandidate(images, image, danglingOnly));
  let reclaimedBytes = 0;
  for (const entry of removed) if ('deleted' in entry) reclaimedBytes += sizes.get(entry.deleted) ?? 0;
  images.ports.events.log('image', 'prune', '', { reclaimed: String(reclaimedBytes) });
  return { removed, reclaimedBytes };
}

function isCandidate(images: Images, image: Image, filters: Filters, danglingOnly: boolean, newest: number): boolean {
  const isParent = images.store.children(image.id).length > 0;
  if (isParent && (danglingOnly || images.references.referencesOf(image.id).length === 0)) return false;
  if (newest !== Infinity && (image.createdMs === undefined || image.createdMs > newest)) return false;
  const labels = image.config.config?.Labels;
  return filters.pairs('label', labels) && !(filters.has('label!') && filters.pairs('label!', labels));
}

function removeCandidate(images: Images, image: Image, danglingOnly: boolean): Removed[] {
  const references = [...images.references.referencesOf(image.id)];
  if (references.length === 0) return tryRemove(images, encodedOf(image.id));
  if (danglingOnly && references.some(({ tag }) => tag !== undefined)) return [];
  return references.flatMap((reference) => tryRemove(images, fullString(reference)));
}

/** What is in use stays. */
function tryRemove(images: Images, name: string): Removed[] {
  try {
    return removeImage(images, name, { force: false, pruneParents: true });
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
