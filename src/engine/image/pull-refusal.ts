/**
 * Says why a pull was refused, in Docker's words. For `docker.io`, which is not reached from here but stands for the shipped
 * registry, a line follows that says what there is.
 * Source: moby distribution/errors.go, translatePullError.
 */
import { EngineError } from '../errors.ts';
import { familiarName, familiarString, type Reference } from '../oci/reference.ts';
import { codedError, type RegistryError } from './registry-error.ts';

/** What is known of the shipped registry, when that was asked. */
export interface ShippedRegistry {
  repositories: readonly string[];
  /** Of the repository that was asked for. */
  tags: readonly string[];
  /** It has no such repository. */
  isUnknown: boolean;
}

export function pullRefusal(refusal: RegistryError, reference: Reference, shipped?: ShippedRegistry): EngineError {
  const found = shipped?.isUnknown ? codedError('DENIED') : refusal;
  const words = (text: string, hint: string): EngineError =>
    new EngineError('not-found', `${text}: ${found.message}${hint}`, { cause: refusal });
  switch (found.code) {
    case 'DENIED':
      return words(
        `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login'`,
        shipped ? imagesHere(shipped.repositories) : '',
      );
    case 'NAME_UNKNOWN':
      return words(`repository ${familiarName(reference)} not found`, '');
    case 'MANIFEST_UNKNOWN':
      return words(`manifest for ${familiarString(reference)} not found`, shipped ? tagsHere(reference, shipped.tags) : '');
    default:
      return refusal;
  }
}

function imagesHere(repositories: readonly string[]): string {
  if (repositories.length === 0) return '';
  const names = repositories.map((name) => name.replace(/^library\//, ''));
  return `\nImages available here: ${names.sort().join(', ')}`;
}

function tagsHere(reference: Reference, tags: readonly string[]): string {
  return tags.length > 0 ? `\nTags of ${familiarName(reference)} available here: ${tags.join(', ')}` : '';
}
