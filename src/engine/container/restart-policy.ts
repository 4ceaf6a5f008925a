/**
 * Whether, and after how long, a container that ended starts again. Pure: the caller keeps the state and
 * the timer. Waits 100 ms, then twice as long each time up to a minute; a run of ten seconds forgives all.
 * Source: moby restartmanager, v28.2.2.
 */
import type { RestartPolicy } from '../api/types/container.ts';

export interface RestartPolicyState {
  /** The last wait; 0 before the first. */
  delayMs: number;
  /** Restarts since somebody started the container. */
  count: number;
  /** Somebody stopped it: it does not come back by itself. */
  cancelled: boolean;
}

export const freshRestartState: RestartPolicyState = { delayMs: 0, count: 0, cancelled: false };

const firstDelayMs = 100;
const longestDelayMs = 60_000;
const forgivenAfterMs = 10_000;

export interface Ending {
  exitCode: number;
  ranMs: number;
  manuallyStopped: boolean;
}

/** @returns the state to keep, with the wait in `delayMs`, or undefined when it stays down */
export function nextRestart(policy: RestartPolicy, state: RestartPolicyState, ending: Ending): RestartPolicyState | undefined {
  if (state.cancelled || !wants(policy, state, ending)) return undefined;
  const before = ending.ranMs >= forgivenAfterMs ? 0 : state.delayMs;
  return { ...state, delayMs: before === 0 ? firstDelayMs : Math.min(before * 2, longestDelayMs), count: state.count + 1 };
}

function wants(policy: RestartPolicy, state: RestartPolicyState, { exitCode, manuallyStopped }: Ending): boolean {
  switch (policy.Name) {
    case 'always':
      return true;
    case 'unless-stopped':
      return !manuallyStopped;
    case 'on-failure':
      return exitCode !== 0 && (policy.MaximumRetryCount === 0 || state.count < policy.MaximumRetryCount);
    default:
      return false;
  }
}
