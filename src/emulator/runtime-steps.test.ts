/** Between two steps of the engine nothing is half done in the guest. */
import { expect, it } from 'vitest';
import type { Runtime } from '#engine/runtime/runtime.ts';
import { RuntimeSteps } from './runtime-steps.ts';

it('counts what is under way, and lets nothing begin while it is held', async () => {
  const steps = new RuntimeSteps();
  const begun: string[] = [];
  const finish: (() => void)[] = [];
  const slow = {
    pause: (id: string) => (begun.push(id), new Promise<void>((resolve) => finish.push(resolve))),
    resume: () => Promise.reject(new Error('refused')),
  } as unknown as Runtime;
  const runtime = steps.of(slow);
  const first = runtime.pause('first');
  expect(steps.underWay).toBe(1);
  const release = steps.hold();
  const second = runtime.pause('second');
  finish[0]?.();
  await first;
  expect([steps.underWay, begun]).toEqual([0, ['first']]);
  release();
  await Promise.resolve();
  await expect.poll(() => begun).toEqual(['first', 'second']);
  expect(steps.underWay).toBe(1);
  finish[1]?.();
  await second;
  await expect(runtime.resume('x')).rejects.toThrow('refused');
  expect(steps.underWay).toBe(0);
});

it('answers at once where the runtime does', () => {
  class Guest {
    #known = 'web';
    reattach(id: string): string | undefined {
      return id === this.#known ? id : undefined;
    }
  }
  const runtime = new RuntimeSteps().of(new Guest() as unknown as Runtime);
  expect([runtime.reattach('web'), runtime.reattach('nosuch')]).toEqual(['web', undefined]);
});
