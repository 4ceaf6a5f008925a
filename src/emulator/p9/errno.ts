/**
 * Linux error numbers, as 9P2000.L carries them, and the error that file operations throw. Only the
 * numbers that this file server answers with.
 */

export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOTEMPTY: 39,
  ENODATA: 61,
  EPROTO: 71,
  EOPNOTSUPP: 95,
} as const;

export type ErrnoName = keyof typeof errno;

/** A file operation was refused; `code` is the POSIX name. */
export class FsError extends Error {
  override readonly name = 'FsError';

  constructor(
    readonly code: ErrnoName,
    detail = '',
  ) {
    super(detail ? `${code}: ${detail}` : code);
  }

  get number(): number {
    return errno[this.code];
  }
}
