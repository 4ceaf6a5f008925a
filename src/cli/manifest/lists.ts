/**
 * Lists of manifests that a person makes of images, to be pushed as one. Docker's client keeps them in its configuration
 * directory; here none can be made, so none is ever found.
 * Source: docker/cli cli/command/manifest.
 */
import { fullString, parseNormalizedNamed, tagNameOnly, type Reference } from '#engine/oci/reference.ts';
import { messageOf } from '#engine/errors.ts';

/** @param what the error calls it; without, it says what is wrong alone @throws Error with Docker's words */
export function parseListName(name: string, what?: string): Reference {
  try {
    return tagNameOnly(parseNormalizedNamed(name));
  } catch (error) {
    throw what === undefined ? error : new Error(`${what} ${name}: ${messageOf(error)}`, { cause: error });
  }
}

export function noSuchManifest(list: Reference): Error {
  return new Error(`No such manifest: ${fullString(list)}`);
}
