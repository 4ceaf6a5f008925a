/** What is at the local end of a copy, links considered. Source: moby/go-archive copy.go. */
import { joinPath } from '#engine/go-path.ts';
import { FileError, type CliFiles, type FileStatus } from '../../environment.ts';
import { openError } from '../../options/open-error.ts';
import { rebased, splitEntry, type CopyEnd } from './copy-paths.ts';

const MAX_LINKS = 10;

/** @param followLink the file that a link leads to is meant; without, a final `/` follows it all the same */
export async function localSource(files: CliFiles, path: string, followLink: boolean): Promise<CopyEnd> {
  const status = await lstat(files, path);
  if (status.type === 'symlink' && (followLink || path.endsWith('/'))) {
    const { target, status: found } = await followed(files, path);
    return { ...rebased(path, target), exists: true, isDirectory: found?.type === 'directory' };
  }
  return { path, exists: true, isDirectory: status.type === 'directory' };
}

export async function localDestination(files: CliFiles, path: string): Promise<CopyEnd> {
  const { target, status } = await followed(files, path);
  if (status) return { path: target, exists: true, isDirectory: status.type === 'directory' };
  const [parent] = splitEntry(target);
  const holder = await files.stat(parent).catch((error: unknown) => {
    throw statError('stat', parent, error);
  });
  if (holder.type !== 'directory') throw new Error('not a directory');
  return { path: target, exists: false, isDirectory: false };
}

/** @throws Error when the place for the output cannot be: checked before anything is asked of the daemon */
export async function checkOutput(files: CliFiles, path: string): Promise<void> {
  if (path === '-') return;
  const directory = joinPath(path, '..');
  if (!(await statusOf(files, directory))) throw new Error(`invalid output path: directory "${directory}" does not exist`);
  const status = await statusOf(files, path);
  if (status?.type === 'other') throw new Error(`invalid output path: "${path}" must be a directory or a regular file: got a device`);
}

async function followed(files: CliFiles, path: string): Promise<{ target: string; status: FileStatus | undefined }> {
  let target = path;
  for (let count = 0; count <= MAX_LINKS; count++) {
    const status = await statusOf(files, target, false);
    if (status?.type !== 'symlink') return { target, status };
    const link = status.linkName ?? '';
    target = link.startsWith('/') ? link : joinPath(splitEntry(target)[0], link);
  }
  throw new Error(`too many symlinks in ${path}`);
}

async function lstat(files: CliFiles, path: string): Promise<FileStatus> {
  // As the kernel does it, a final slash or dot follows a link.
  const follow = path.endsWith('/.');
  return await files.stat(path, { follow }).catch((error: unknown) => {
    throw statError('lstat', path, error);
  });
}

async function statusOf(files: CliFiles, path: string, follow = true): Promise<FileStatus | undefined> {
  try {
    return await files.stat(path, { follow });
  } catch (error) {
    if (error instanceof FileError && error.code === 'ENOENT') return undefined;
    throw statError('lstat', path, error);
  }
}

function statError(call: string, path: string, error: unknown): Error {
  return new Error(openError(path, error).message.replace(/^(open|read) /, `${call} `), { cause: error });
}
