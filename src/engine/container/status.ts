/** A container's status in a list: `Up 3 seconds (healthy)`. Source: moby container/state.go, String. */
import type { ContainerRecord } from './container.ts';
import { humanDuration } from './human-duration.ts';

export function statusText({ state, health }: Pick<ContainerRecord, 'state' | 'health'>, nowMs: number): string {
  const { status, exitCode, startedMs = nowMs, finishedMs } = state;
  const up = `Up ${humanDuration(nowMs - startedMs)}`;
  const ago = (ms: number): string => `${humanDuration(nowMs - ms)} ago`;
  switch (status) {
    case 'paused':
      return `${up} (Paused)`;
    case 'restarting':
      return `Restarting (${exitCode}) ${ago(finishedMs ?? nowMs)}`;
    case 'running':
      return health && health.status !== 'none' ? `${up} (${health.status === 'starting' ? 'health: starting' : health.status})` : up;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return finishedMs === undefined ? '' : `Exited (${exitCode}) ${ago(finishedMs)}`;
  }
}
