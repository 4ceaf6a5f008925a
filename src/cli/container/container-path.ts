/** Paths of the API below a container. */
import { ExitError } from '../exit-error.ts';
import { cleanPath } from '../options/device.ts';

/**
 * `/containers/web/json`. As in Docker's client, `..` in a name leads elsewhere, where the daemon knows nothing.
 *
 * @throws ExitError for an empty name, which Docker's client refuses itself
 */
export function containerPath(name: string, action = ''): string {
  const trimmed = name.trim();
  if (trimmed === '') throw new ExitError(1, 'invalid container name or ID: value is empty');
  return cleanPath(`/containers/${trimmed}/${action}`);
}
