/** Paths of the API below a network, a volume, a plugin. */
import { ExitError } from './exit-error.ts';
import { cleanPath } from './options/device.ts';

/**
 * `/networks/front/connect`. As in Docker's client, `..` in a name leads elsewhere, where the daemon knows nothing.
 *
 * @param kind as the refusal of an empty name says it
 * @throws ExitError for an empty name, which Docker's client refuses itself
 */
export function objectPath(kind: 'network' | 'plugin' | 'volume', name: string, action = ''): string {
  return cleanPath(`/${kind}s/${requireName(kind, name)}/${action}`);
}

/** @throws ExitError for an empty name; blanks around it do not count */
export function requireName(kind: string, name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw new ExitError(1, `invalid ${kind} name or ID: value is empty`);
  return trimmed;
}
