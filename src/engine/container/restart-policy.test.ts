import { describe, expect, it } from 'vitest';
import { freshRestartState, nextRestart } from './restart-policy.ts';

const policy = (Name: string, MaximumRetryCount = 0) => ({ Name, MaximumRetryCount });
const crash = { exitCode: 1, ranMs: 5, manuallyStopped: false };

describe('restart policies', () => {
  it('waits twice as long each time, up to a minute', () => {
    const delays: number[] = [];
    let state = freshRestartState;
    for (let turn = 0; turn < 13; turn++) {
      state = nextRestart(policy('always'), state, crash)!;
      delays.push(state.delayMs);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000, 60000]);
    expect(nextRestart(policy('always'), state, { ...crash, ranMs: 10_000 })!.delayMs).toBe(100);
  });

  it('counts failures only for on-failure', () => {
    let state = freshRestartState;
    for (let turn = 0; turn < 3; turn++) state = nextRestart(policy('on-failure', 3), state, crash)!;
    expect(state.count).toBe(3);
    expect(nextRestart(policy('on-failure', 3), state, crash)).toBeUndefined();
    expect(nextRestart(policy('on-failure'), freshRestartState, { ...crash, exitCode: 0 })).toBeUndefined();
    expect(nextRestart(policy('on-failure'), { ...freshRestartState, count: 1000 }, crash)).toBeDefined();
  });

  it('obeys who stopped it', () => {
    const stopped = { ...crash, manuallyStopped: true };
    expect(nextRestart(policy('unless-stopped'), freshRestartState, stopped)).toBeUndefined();
    expect(nextRestart(policy('unless-stopped'), freshRestartState, { ...crash, exitCode: 0 })).toBeDefined();
    expect(nextRestart(policy('always'), { ...freshRestartState, cancelled: true }, crash)).toBeUndefined();
    for (const name of ['', 'no']) expect(nextRestart(policy(name), freshRestartState, crash)).toBeUndefined();
  });
});
