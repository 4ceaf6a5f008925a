/**
 * What a watch does not look at: what the build does not get, and what is nobody's content. Patterns of a place are made
 * absolute, as Compose does; one that is absolute already is about the whole file system.
 * Source: docker/compose 2.26.1 pkg/watch/{dockerignore,ephemeral}.go.
 */
import { readIgnoreFile } from '#engine/build/dockerignore/ignore-file.ts';
import { IgnoreMatcher } from '#engine/build/dockerignore/matcher.ts';
import { cleanPath, joinPath } from '#engine/go-path.ts';
import { readIfThere } from '../builder/context/dockerfile-place.ts';
import type { CliFiles } from '../environment.ts';
import type { PathFilter } from './file-changes.ts';

/** What editors leave beside the files that they change. */
const NEVER_WATCHED = [
  ['**/*___jb_old___', '**/*___jb_tmp___', '**/.idea/**'],
  ['**/.#*', '**/#*#'],
  ['**/4913', '**/*~', '**/.*.swp', '**/.*.swx', '**/.*.swo', '**/.*.swn', '**/.*.kate-swp'],
  ['**/*-go-tmp-umask', '.git/'],
].flat();

/** Asks of absolute paths. */
export function filterAt(directory: string, patterns: readonly string[]): PathFilter {
  const matcher = new IgnoreMatcher(patterns.map((pattern) => absolute(directory, pattern.trim())));
  return {
    ignores: (path) => matcher.ignores(path.slice(1)),
    canSkip: (path) => matcher.canSkip(path.slice(1)),
  };
}

function absolute(directory: string, pattern: string): string {
  if (pattern === '') return '';
  const isException = pattern.startsWith('!');
  const path = cleanPath(isException ? pattern.slice(1) : pattern);
  return `${isException ? '!' : ''}${(path.startsWith('/') ? path : joinPath(directory, path)).slice(1)}`;
}

/** For the files of a build's context. */
export async function contextFilter(files: CliFiles, directory: string): Promise<PathFilter> {
  const ignore = await readIfThere(files, joinPath(directory, '.dockerignore'));
  const rules = filterAt(directory, ignore ? readIgnoreFile(new TextDecoder().decode(ignore)) : []);
  const never = filterAt('/', NEVER_WATCHED);
  return {
    ignores: (path) => rules.ignores(path) || never.ignores(path),
    canSkip: (path) => rules.canSkip(path) || never.canSkip(path),
  };
}
