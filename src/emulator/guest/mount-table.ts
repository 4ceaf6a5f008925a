/**
 * Reads /proc/PID/mountinfo.
 * Source: man 5 proc_pid_mountinfo.
 */
import type { MountedInNode } from '#engine/runtime/runtime.ts';

export function mountedInNode(table: string): MountedInNode[] {
  return table
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [fields = ''] = line.split(' - ');
      const [, , , , path = '', , ...optional] = fields.split(' ');
      const has = (tag: string): boolean => optional.some((field) => field.startsWith(tag));
      return { path: unescaped(path), shared: has('shared:'), slave: has('master:') };
    });
}

/** Spaces and the like are written in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
