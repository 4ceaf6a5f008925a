/**
 * `docker rmi`: takes a name away from an image, and removes the image with its last name, unless
 * containers or other images need it.
 * Source: moby daemon/images/image_delete.go.
 */
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
import { encodedOf } from '../oci/digest.ts';
import { familiarString, fullName, parseNormalizedNamed, tagNameOnly, type Reference } from '../oci/reference.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';

export interface RemoveImage {
  /** Also when a stopped container or several names are in the way. */
  force: boolean;
  /** Also removes parents that nothing else needs. */
  pruneParents: boolean;
}

export type Removed = { untagged: string } | { deleted: string };

/** @throws EngineError `conflict` with Docker's words; nothing was removed then */
export function removeImage(images: Images, name: string, { force, pruneParents }: RemoveImage): Removed[] {
  const image = images.resolve(name);
  const removed: Removed[] = [];
  const byName = !isIdPrefix(image.id, name);
  if (byName) {
    if (!force && isSingleName(images.references.referencesOf(image.id))) refuseWhenUsed(images, image, name);
    removeName(images, image, parseNormalizedNamed(name), removed);
    if (images.references.referencesOf(image.id).length > 0) return removed;
  } else if (isSingleName(images.references.referencesOf(image.id))) {
    const conflict = conflictOf(images, image, { force, namesCount: false });
    if (conflict) throw conflict.error;
    removeAllNames(images, image, removed);
  }
  removeWithParents(images, image, { force, pruneParents, quiet: byName }, removed);
  return removed;
}

function refuseWhenUsed(images: Images, image: Image, name: string): void {
  const user = images.users.containersOf(image.id)[0];
  if (!user) return;
  throw new EngineError(
    'conflict',
    `conflict: unable to remove repository reference ${JSON.stringify(name)} (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`,
  );
}

/** Takes one name away, and with a repository's last tag its digests. */
function removeName(images: Images, image: Image, given: Reference, removed: Removed[]): void {
  const reference = given.digest === undefined ? tagNameOnly(given) : given;
  images.references.delete(reference);
  images.logEvent(image, 'untag');
  removed.push({ untagged: familiarString(reference) });
  if (reference.digest !== undefined) return;
  const sameRepository = images.references.referencesOf(image.id).filter((other) => fullName(other) === fullName(reference));
  if (sameRepository.some((other) => other.tag !== undefined)) return;
  for (const digest of sameRepository) {
    images.references.delete(digest);
    removed.push({ untagged: familiarString(digest) });
  }
}

function removeAllNames(images: Images, image: Image, removed: Removed[]): void {
  for (const reference of [...images.references.referencesOf(image.id)]) {
    images.references.delete(reference);
    images.logEvent(image, 'untag');
    removed.push({ untagged: familiarString(reference) });
  }
}

interface Removal {
  force: boolean;
  pruneParents: boolean;
  /** A conflict stops the removal without an error. */
  quiet: boolean;
}

function removeWithParents(images: Images, image: Image, { force, pruneParents, quiet }: Removal, removed: Removed[]): void {
  const conflict = conflictOf(images, image, { force, namesCount: true });
  if (conflict) {
    const dangling = images.references.referencesOf(image.id).length === 0 && images.store.children(image.id).length === 0;
    // A dangling image that no container uses should not stay without a word.
    if (quiet && (!dangling || conflict.used)) return;
    throw conflict.error;
  }
  const parent = images.store.get(image.parentId);
  removeAllNames(images, image, removed);
  images.store.delete(image);
  images.ports.events.log('image', 'delete', image.id, { name: image.id });
  removed.push({ deleted: image.id });
  for (const layer of images.collectLayers()) removed.push({ deleted: layer.chainId });
  if (pruneParents && parent) removeWithParents(images, parent, { force: false, pruneParents, quiet: true }, removed);
}

interface Conflict {
  error: EngineError;
  /** A container is the reason. */
  used: boolean;
}

function conflictOf(images: Images, image: Image, { force, namesCount }: { force: boolean; namesCount: boolean }): Conflict | undefined {
  const conflict = (hard: boolean, why: string, used = false): Conflict => ({
    error: new EngineError(
      'conflict',
      `conflict: unable to delete ${shortId(image.id)} (${hard ? 'cannot be forced' : 'must be forced'}) - ${why}`,
    ),
    used,
  });
  if (images.store.children(image.id).length > 0) return conflict(true, 'image has dependent child images');
  const users = images.users.containersOf(image.id);
  const running = users.find((user) => user.running);
  if (running) return conflict(true, `image is being used by running container ${shortId(running.id)}`, true);
  if (force) return undefined;
  if (namesCount && images.references.referencesOf(image.id).length > 0)
    return conflict(false, 'image is referenced in multiple repositories');
  const stopped = users[0];
  return stopped && conflict(false, `image is being used by stopped container ${shortId(stopped.id)}`, true);
}

/** All names are in one repository, with at most one tag. False without names. */
function isSingleName(references: readonly Reference[]): boolean {
  if (references.length <= 1) return references.length === 1;
  const tagged = references.filter(({ digest }) => digest === undefined);
  if (tagged.length > 1) return false;
  const digested = new Set(references.filter(({ digest }) => digest !== undefined).map(fullName));
  return digested.size === 1 && digested.has(fullName(tagged[0] ?? references[0]!));
}

function isIdPrefix(id: string, text: string): boolean {
  return id.startsWith(text) || encodedOf(id).startsWith(text);
}
