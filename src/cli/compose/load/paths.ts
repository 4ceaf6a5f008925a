/** Paths of the host that compose files name: what Go's `filepath` knows besides `path`, and how Windows' look. */
import { cleanPath } from '#engine/go-path.ts';

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/');
}

export function parentPath(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1));
}

/** From one absolute path to another, as Go's `filepath.Rel`. */
export function relativePath(from: string, to: string): string {
  const [start, end] = [cleanPath(from), cleanPath(to)].map((path) => path.split('/').filter((part) => part !== '' && part !== '.'));
  let shared = 0;
  while (shared < start!.length && shared < end!.length && start![shared] === end![shared]) shared++;
  return [...start!.slice(shared).map(() => '..'), ...end!.slice(shared)].join('/') || '.';
}

/** Whether a path is absolute on Windows: a drive, a share or a device. */
export function isWindowsAbsolute(path: string): boolean {
  const volume = volumeLength(path);
  if (volume === 0) return false;
  if (/^[\\/]{2}/.test(path)) return true;
  return /^[\\/]/.test(path.slice(volume));
}

function volumeLength(path: string): number {
  if (path[1] === ':') return 2;
  if (!/^[\\/]/.test(path)) return 0;
  const unc = /^[\\/]{2}\.[\\/]UNC(?:[\\/]|$)/i.test(path);
  if (unc) return shareLength(path, 8);
  if (/^(?:[\\/]{2}[.?]|[\\/]\?\?)(?:[\\/]|$)/.test(path)) {
    if (path.length === 3) return 3;
    const rest = path.slice(4);
    const separator = rest.search(/[\\/]/);
    return separator < 0 ? path.length : 4 + separator;
  }
  return /^[\\/]{2}/.test(path) ? shareLength(path, 2) : 0;
}

function shareLength(path: string, prefix: number): number {
  let count = 0;
  for (let index = prefix; index < path.length; index++) {
    if (/[\\/]/.test(path[index]!) && ++count === 2) return index;
  }
  return path.length;
}
