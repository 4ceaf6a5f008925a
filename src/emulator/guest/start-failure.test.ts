import { expect, it } from 'vitest';
import type { StartFailure } from '#engine/runtime/runtime.ts';
import { startFailure } from './start-failure.ts';

it.each<[string, StartFailure, string]>([
  [
    'mount `/etc/hostname` to `etc`: Not a directory',
    'mount',
    'error mounting "/etc/hostname" to rootfs at "/etc": mount src=/etc/hostname, dst=/etc, dstFd=/proc/thread-self/fd/11, flags=MS_BIND|MS_REC: not a directory',
  ],
  [
    'mount `tmpfs` to `x`: Invalid argument',
    'mount',
    'error mounting "tmpfs" to rootfs at "/x": mount src=tmpfs, dst=/x: invalid argument',
  ],
  [
    'executable file `nosuch` not found in $PATH: No such file or directory',
    'executable-not-found',
    'executable file `nosuch` not found in $PATH: No such file or directory',
  ],
])('%s', (msg, reason, message) => {
  expect(startFailure(`${JSON.stringify({ msg, level: 'error' })}\n`)).toMatchObject({ reason, message });
});
