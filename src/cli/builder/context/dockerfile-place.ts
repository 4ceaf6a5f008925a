/** Where the Dockerfile of a build is, seen from its context. */
import { joinPath } from '#engine/go-path.ts';
import { FileError, type CliFiles, type FileStatus } from '../../environment.ts';

export const DEFAULT_DOCKERFILE = 'Dockerfile';

/** Rooted and clean. */
export function absolutePath(cwd: string, path: string): string {
  return path.startsWith('/') ? joinPath(path) : joinPath(cwd, path);
}

/** The path below a directory, or undefined when it is elsewhere. Both are rooted and clean. */
export function pathBelow(directory: string, path: string): string | undefined {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

/** `Dockerfile` in a directory, or `dockerfile` where only that is there. */
export async function dockerfileIn(files: CliFiles, directory: string, name = DEFAULT_DOCKERFILE): Promise<string> {
  const path = joinPath(directory, name);
  if (!path.endsWith(`/${DEFAULT_DOCKERFILE}`) || (await exists(files, path))) return path;
  const small = joinPath(path, '..', 'dockerfile');
  return (await exists(files, small)) ? small : path;
}

export async function exists(files: CliFiles, path: string): Promise<boolean> {
  return (await statusOf(files, path, false)) !== undefined;
}

/** Undefined when there is nothing. Other failures are thrown. */
export async function statusOf(files: CliFiles, path: string, follow = true): Promise<FileStatus | undefined> {
  try {
    return await files.stat(path, { follow });
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

export async function isDirectory(files: CliFiles, path: string): Promise<boolean> {
  return (await statusOf(files, path))?.type === 'directory';
}

/** Text of a file, or undefined when there is none. */
export async function readIfThere(files: CliFiles, path: string): Promise<Uint8Array | undefined> {
  try {
    return await files.read(path);
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
