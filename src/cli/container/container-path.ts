/** Paths of the API below a container. */
import { requireName } from '../object-path.ts';
import { cleanPath } from '../options/device.ts';

/**
 * `/containers/web/json`. As in Docker's client, `..` in a name leads elsewhere, where the daemon knows nothing.
 *
 * @throws ExitError for an empty name, which Docker's client refuses itself
 */
export function containerPath(name: string, action = ''): string {
  return cleanPath(`/containers/${requireName('container', name)}/${action}`);
}
