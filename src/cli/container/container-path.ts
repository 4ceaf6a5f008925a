/** Paths of the API below a container. */
import { ExitError } from '../exit-error.ts';

/**
 * `/containers/web/json`, with what a URL cannot hold escaped.
 *
 * @throws ExitError for an empty name, which Docker's client refuses itself
 */
export function containerPath(name: string, action = ''): string {
  const trimmed = name.trim();
  if (trimmed === '') throw new ExitError(1, 'invalid container name or ID: value is empty');
  return `/containers/${trimmed.split('/').map(encodeURIComponent).join('/')}${action === '' ? '' : `/${action}`}`;
}
