/** Stretches of time in which a step ran. */

export interface Interval {
  startMs: number;
  /** Undefined while it still runs. */
  stopMs: number | undefined;
}

/** The same time without overlaps, earliest first. What follows an interval that has no end is part of it. */
export function mergeIntervals(intervals: Iterable<Interval>): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (!last || (last.stopMs !== undefined && last.stopMs < next.startMs)) merged.push({ ...next });
    else if (last.stopMs !== undefined) last.stopMs = next.stopMs === undefined ? undefined : Math.max(last.stopMs, next.stopMs);
  }
  return merged;
}

/** Their length; one that still runs lasts until now. */
export function totalSeconds(intervals: readonly Interval[], nowMs: number): number {
  return intervals.reduce((sum, { startMs, stopMs }) => sum + ((stopMs ?? nowMs) - startMs) / 1000, 0);
}
