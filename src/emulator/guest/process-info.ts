/**
 * Processes as `docker top` shows them, from the files under /proc.
 * Source: proc(5), "/proc/pid/stat".
 */
import type { ProcessInfo } from '#engine/runtime/runtime.ts';
import type { RawProcess } from '#emulator/agent/ops.ts';

/** Clock ticks per second that /proc counts in (USER_HZ of i386). */
const TICKS = 100;
const PAGE_BYTES = 4096;

export function processInfo(found: RawProcess[], times: { nowMs: number; uptimeMs: number }): ProcessInfo[] {
  const bootMs = times.nowMs - times.uptimeMs;
  return found
    .filter((one) => one.stat !== '')
    .map((one) => {
      // The name may hold spaces and parentheses: fields count from the last one.
      const open = one.stat.indexOf('(');
      const close = one.stat.lastIndexOf(')');
      const comm = one.stat.slice(open + 1, close);
      const fields = one.stat.slice(close + 2).split(' ');
      const number = (index: number): number => Number(fields[index - 3] ?? 0);
      const uid = Number(/^Uid:\t(\d+)/m.exec(one.status)?.[1] ?? 0);
      const startedMs = bootMs + (number(22) * 1000) / TICKS;
      const cpuMs = ((number(14) + number(15)) * 1000) / TICKS;
      const ageMs = Math.max(1, times.nowMs - startedMs);
      return {
        pid: one.pid,
        ppid: number(4),
        uid,
        user: uid === 0 ? 'root' : String(uid),
        tty: ttyName(number(7)),
        startedMs,
        cpuMs,
        rssBytes: number(24) * PAGE_BYTES,
        cpuPercent: Math.floor((cpuMs * 100) / ageMs),
        state: fields[0] ?? 'S',
        comm,
        commandLine: one.commandLine.split('\0').filter(Boolean).join(' ') || `[${comm}]`,
      };
    });
}

/** A device number as ps names it. */
function ttyName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  return major >= 136 && major <= 143 ? `pts/${(major - 136) * 256 + minor}` : '?';
}
