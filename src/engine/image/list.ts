/**
 * `docker images`: which images a list shows, with their names and sizes.
 * Source: moby daemon/images/image_list.go.
 */
import type { Filters } from '../filters.ts';
import { familiarMatch, familiarString } from '../oci/reference.ts';
import { untilMs } from '../until.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';

export interface ListImages {
  /** Also images that only serve as a parent of others. */
  all?: boolean;
  filters: Filters;
  countSharedSize?: boolean;
  countContainers?: boolean;
}

export interface ListedImage {
  image: Image;
  tags: string[];
  digests: string[];
  sharedSizeBytes?: number;
  containerCount?: number;
}

const acceptedFilters = ['dangling', 'label', 'before', 'since', 'reference', 'until'];

/** Newest first. */
export function listImages(images: Images, { all = false, filters, countSharedSize, countContainers }: ListImages): ListedImage[] {
  filters.validate(acceptedFilters);
  const danglingOnly = filters.flag('dangling', false);
  const before = Math.min(
    ...filters.get('before').map((name) => createdOf(images.resolve(name), Infinity)),
    ...filters.get('until').map((text) => untilMs(text, images.ports.clock.now())),
  );
  const since = Math.max(...filters.get('since').map((name) => createdOf(images.resolve(name), -Infinity)));
  const uses = countSharedSize ? layerUses(images) : undefined;
  const listed: ListedImage[] = [];
  for (const image of images.store.all()) {
    if (danglingOnly && images.store.children(image.id).length > 0) continue;
    if (before !== Infinity && !(image.createdMs !== undefined && image.createdMs < before)) continue;
    if (since !== -Infinity && !(image.createdMs !== undefined && image.createdMs > since)) continue;
    if (!filters.pairs('label', image.config.config?.Labels)) continue;
    const { tags, digests } = namesOf(images, image, filters);
    if (tags.length === 0 && digests.length === 0) {
      if (!all && images.store.children(image.id).length > 0) continue;
      if ((filters.has('dangling') && !danglingOnly) || filters.has('reference')) continue;
    } else if (danglingOnly && tags.length > 0) continue;
    listed.push({
      image,
      tags,
      digests,
      sharedSizeBytes: uses && image.layers.reduce((sum, layer) => sum + ((uses.get(layer.chainId) ?? 0) > 1 ? layer.sizeBytes : 0), 0),
      containerCount: countContainers ? images.users.containersOf(image.id).length : undefined,
    });
  }
  const seconds = ({ image }: ListedImage): number => Math.floor((image.createdMs ?? 0) / 1000);
  return listed.sort((a, b) => seconds(b) - seconds(a));
}

/** An image's tags and digests, of those that the reference filter lets through. */
export function namesOf(images: Images, image: Image, filters?: Filters): { tags: string[]; digests: string[] } {
  const patterns = filters?.get('reference') ?? [];
  const wanted = images.references
    .referencesOf(image.id)
    .filter((reference) => patterns.length === 0 || patterns.some((pattern) => familiarMatch(pattern, reference)));
  return {
    tags: wanted.filter(({ tag }) => tag !== undefined).map(familiarString),
    digests: wanted.filter(({ digest }) => digest !== undefined).map(familiarString),
  };
}

function createdOf(image: Image, otherwise: number): number {
  return image.createdMs ?? otherwise;
}

/** How many images use each layer. */
function layerUses(images: Images): Map<string, number> {
  const uses = new Map<string, number>();
  for (const image of images.store.all()) for (const { chainId } of image.layers) uses.set(chainId, (uses.get(chainId) ?? 0) + 1);
  return uses;
}
