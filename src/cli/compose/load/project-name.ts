/** What a project is called, and what names are allowed. */
import { ComposeError } from '../compose-error.ts';
import { quote } from '#engine/go-quote.ts';

/** Small letters, digits, `-` and `_`; the last two not in front. */
export function normalizeProjectName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/** @throws ComposeError */
export function checkProjectName(name: string, status = 15): void {
  if (normalizeProjectName(name) === name) return;
  const rule = 'must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number';
  throw new ComposeError(`invalid project name ${quote(name)}: ${rule}`, status);
}
