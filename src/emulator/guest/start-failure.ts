/**
 * Reads crun's error log and tells what kind of failure it was. The words stay crun's, and the engine says it in Docker's;
 * only what is wrong with a mount is said as runc does, because people search for it.
 * Source: the messages of crun 1.8.1; runc 1.2, libcontainer/{rootfs_linux,mount_linux}.go.
 */
import { quote } from '#engine/go-quote.ts';
import { StartError, type StartFailure } from '#engine/runtime/runtime.ts';

/** First match counts. */
const reasons: [pattern: RegExp, reason: StartFailure][] = [
  [/executable file .* not found/, 'executable-not-found'],
  // crun's own check of a file that is not a regular one.
  [/open executable: Operation not permitted/, 'is-a-directory'],
  [/(?:open executable|exec).*: Permission denied/, 'permission-denied'],
  [/(?:open executable|exec).*: No such file or directory/, 'executable-not-found'],
  [/chdir|working directory|cwd/, 'no-such-directory'],
  [/No space left on device/, 'no-space'],
  [/^(?:mount|remount|open mount|cannot mount)/, 'mount'],
];

/** @param log crun's log file: JSON lines with a `msg`, the last of which is the cause */
export function startFailure(log: string): StartError {
  const message = lastMessage(log) || 'crun failed without a message';
  const reason = reasons.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
  return new StartError(reason, reason === 'mount' ? mountFailure(message) : message);
}

/** Of a mount onto something: what, where, and why not. */
function mountFailure(message: string): string {
  const [, source, place = '', why = ''] = /^mount `(.*)` to `(.*)`: (.*)$/s.exec(message) ?? [];
  if (source === undefined) return message;
  const target = place.startsWith('/') ? place : `/${place}`;
  const bind = source.startsWith('/') ? ', dstFd=/proc/thread-self/fd/11, flags=MS_BIND|MS_REC' : '';
  return `error mounting ${quote(source)} to rootfs at ${quote(target)}: mount src=${source}, dst=${target}${bind}: ${lowered(why)}`;
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function lastMessage(log: string): string {
  for (const line of log.split('\n').filter(Boolean).reverse()) {
    try {
      const entry = JSON.parse(line) as { msg?: unknown; level?: unknown };
      if (typeof entry.msg === 'string' && entry.level !== 'warning') return entry.msg;
    } catch {
      return line;
    }
  }
  return '';
}
