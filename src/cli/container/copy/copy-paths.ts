/**
 * The rules of `docker cp` about paths: `CONTAINER:PATH`, what a final `/` or `/.` means, and where an archive of the
 * source is unpacked under which name.
 * Source: moby/go-archive copy.go; docker/cli cli/command/container/cp.go.
 */
import { cleanPath, joinPath } from '#engine/go-path.ts';

/** An argument's container, empty for a local path. A path that begins with `/` or `.` is local. */
export function splitCopyArgument(argument: string): [container: string, path: string] {
  const colon = argument.indexOf(':');
  if (argument.startsWith('/') || argument.startsWith('.') || colon < 0) return ['', argument];
  return [argument.slice(0, colon), argument.slice(colon + 1)];
}

/** Rooted and clean, but for a final `/` or `/.`, which say what is meant. */
export function absoluteLocalPath(cwd: string, path: string): string {
  return keepEnding(path.startsWith('/') ? cleanPath(path) : joinPath(cwd, path), path);
}

function keepEnding(clean: string, given: string): string {
  if (meansContent(given) && !meansContent(clean)) return clean.endsWith('/') ? `${clean}.` : `${clean}/.`;
  if (given.endsWith('/') && !clean.endsWith('/')) return `${clean}/`;
  return clean;
}

/** `dir/.`: what is in the directory, not the directory. */
function meansContent(path: string): boolean {
  return path === '.' || path.endsWith('/.');
}

/** The directory that holds a path, and its name there; `.` for `dir/.`. */
export function splitEntry(path: string): [directory: string, base: string] {
  const clean = cleanPath(path);
  if (meansContent(path)) return [clean, '.'];
  if (clean === '/') return ['/', '/'];
  const slash = clean.lastIndexOf('/');
  return [slash < 0 ? '.' : slash === 0 ? '/' : clean.slice(0, slash), clean.slice(slash + 1)];
}

export interface CopyEnd {
  path: string;
  exists: boolean;
  isDirectory: boolean;
  /** The name in an archive of it, where a link was followed. */
  archivedAs?: string;
}

/** Where to unpack an archive of the source, and how its entries are to be called. @throws Error with Docker's words */
export function planCopy(source: CopyEnd, destination: CopyEnd): { directory: string; rename: (name: string) => string } {
  const asIs = (name: string): string => name;
  if (destination.exists && destination.isDirectory) return { directory: destination.path, rename: asIs };
  if (destination.exists && source.isDirectory) throw new Error('cannot copy directory');
  if (!destination.exists && !source.isDirectory && (destination.path.endsWith('/') || meansContent(destination.path))) {
    throw new Error('no such directory');
  }
  const [directory, base] = splitEntry(destination.path);
  const name = source.archivedAs ?? splitEntry(source.path)[1];
  return { directory, rename: renamer(name, base) };
}

/** Gives the first part of entries' names another name. */
export function renamer(from: string, to: string): (name: string) => string {
  const before = from === '/' ? '' : from;
  return (name) => {
    const at = name.indexOf(before);
    return at < 0 ? name : name.slice(0, at) + to + name.slice(at + before.length);
  };
}

/** The path that a followed link leads to, and the name that its archive shall have. */
export function rebased(path: string, resolved: string): { path: string; archivedAs?: string } {
  let target = resolved;
  if (meansContent(path) && !meansContent(target)) target += '/.';
  if (path.endsWith('/') && !target.endsWith('/')) target += '/';
  const wanted = baseOf(path);
  return baseOf(target) === wanted ? { path: target } : { path: target, archivedAs: wanted };
}

function baseOf(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
