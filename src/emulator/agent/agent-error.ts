/** Failures that the agent reports: which operation, the kernel's error number, and its name. */

/** i386 error numbers that operations in the guest can meet. */
const names: Record<number, string> = {
  1: 'EPERM', 2: 'ENOENT', 3: 'ESRCH', 4: 'EINTR', 5: 'EIO', 6: 'ENXIO', 7: 'E2BIG', 8: 'ENOEXEC', 9: 'EBADF', 10: 'ECHILD',
  11: 'EAGAIN', 12: 'ENOMEM', 13: 'EACCES', 14: 'EFAULT', 15: 'ENOTBLK', 16: 'EBUSY', 17: 'EEXIST', 18: 'EXDEV', 19: 'ENODEV', 20: 'ENOTDIR',
  21: 'EISDIR', 22: 'EINVAL', 23: 'ENFILE', 24: 'EMFILE', 25: 'ENOTTY', 26: 'ETXTBSY', 27: 'EFBIG', 28: 'ENOSPC', 29: 'ESPIPE', 30: 'EROFS',
  31: 'EMLINK', 32: 'EPIPE', 34: 'ERANGE', 35: 'EDEADLK', 36: 'ENAMETOOLONG', 38: 'ENOSYS', 39: 'ENOTEMPTY', 40: 'ELOOP',
  61: 'ENODATA', 71: 'EPROTO', 74: 'EBADMSG', 75: 'EOVERFLOW', 88: 'ENOTSOCK', 90: 'EMSGSIZE', 93: 'EPROTONOSUPPORT', 95: 'EOPNOTSUPP',
  97: 'EAFNOSUPPORT', 98: 'EADDRINUSE', 99: 'EADDRNOTAVAIL', 100: 'ENETDOWN', 101: 'ENETUNREACH', 103: 'ECONNABORTED', 104: 'ECONNRESET',
  105: 'ENOBUFS', 107: 'ENOTCONN', 110: 'ETIMEDOUT', 111: 'ECONNREFUSED', 112: 'EHOSTDOWN', 113: 'EHOSTUNREACH', 114: 'EALREADY', 115: 'EINPROGRESS', 116: 'ESTALE', 122: 'EDQUOT',
}; // prettier-ignore

const words: Record<string, string> = {
  EPERM: 'operation not permitted', ENOENT: 'no such file or directory', ESRCH: 'no such process', EIO: 'input/output error', E2BIG: 'argument list too long',
  ENOEXEC: 'exec format error', EAGAIN: 'resource temporarily unavailable', ENOMEM: 'cannot allocate memory', EACCES: 'permission denied', EBUSY: 'device or resource busy',
  EEXIST: 'file exists', ENODEV: 'no such device', ENOTDIR: 'not a directory', EISDIR: 'is a directory', EINVAL: 'invalid argument', EMFILE: 'too many open files',
  ENOSPC: 'no space left on device', EROFS: 'read-only file system', EPIPE: 'broken pipe', ENAMETOOLONG: 'file name too long', ENOTEMPTY: 'directory not empty',
  ELOOP: 'too many levels of symbolic links', ECONNREFUSED: 'connection refused', ETIMEDOUT: 'connection timed out', ENETUNREACH: 'network is unreachable', EADDRINUSE: 'address already in use', EADDRNOTAVAIL: 'cannot assign requested address', EHOSTUNREACH: 'no route to host',
}; // prettier-ignore

/** `ENOENT` for 2; `E<number>` for one that is not listed. */
export function errnoName(errno: number): string {
  return names[errno] ?? `E${errno}`;
}

/** What Go (and so Docker) says for an error: `no such file or directory`. */
export function errnoWords(code: string): string {
  return words[code] ?? code;
}

/** An operation of a batch failed; those before it were done, those after it were not. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: string;

  constructor(
    /** Position in the batch; -1 when the place where it should have run could not be entered. */
    readonly index: number,
    readonly errno: number,
    /** Name of the operation with its path, for people: `mount /proc`. */
    readonly op: string,
    /** The agent's or kernel's further words; often empty. */
    readonly detail = '',
  ) {
    const code = errnoName(errno);
    super(`${op}: ${errnoWords(code)}${detail ? ` (${detail})` : ''}`);
    this.code = code;
  }
}

/** The other side takes no more on a channel: a closed pipe, a full disk, a process that has ended. */
export class ChannelClosed extends Error {
  override readonly name = 'ChannelClosed';
  readonly code: string;

  constructor(readonly errno: number) {
    const code = errnoName(errno);
    super(errnoWords(code));
    this.code = code;
  }
}

/** The agent ended, said something that makes no sense, or the machine was stopped: nothing of it answers any more. */
export class AgentLost extends Error {
  override readonly name = 'AgentLost';
}
