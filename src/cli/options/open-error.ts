/** What Go's `os.Open` says when a file cannot be opened: `open PATH: no such file or directory`. */
import { FileError } from '#cli/environment.ts';
import { messageOf } from '#engine/errors.ts';

const words: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file exists',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
};

/** The reason alone. */
export function fileReason(error: unknown): string {
  return error instanceof FileError ? (words[error.code] ?? error.message) : messageOf(error);
}

export function openError(path: string, error: unknown): Error {
  const reason = fileReason(error);
  // A directory opens, and fails when read.
  const call = error instanceof FileError && error.code === 'EISDIR' ? 'read' : 'open';
  return new Error(`${call} ${path}: ${reason}`, { cause: error });
}
