/**
 * `docker wait`: until a container does not run, ends next, or is gone.
 * Source: moby container/state.go, Wait; daemon/wait.go.
 */
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { isUp } from './state.ts';
import type { WaitCondition, WaitResult } from './waiters.ts';

export interface Wait {
  result: Promise<WaitResult>;
  cancel: () => void;
}

/** Answers at once when the condition is already true. */
export function waitForContainer(containers: Containers, name: string, condition: WaitCondition): Wait {
  return wait(containers.resolve(name), condition);
}

export function wait(container: Container, condition: WaitCondition): Wait {
  const { live, state } = container;
  if ((condition === 'not-running' && !isUp(state.status)) || (condition === 'removed' && live.removed)) {
    return { result: Promise.resolve({ exitCode: state.exitCode, error: state.error }), cancel: () => undefined };
  }
  return live.waiters.add(condition);
}

/** Resolves when the container has ended, however long it takes. */
export async function waitUntilDown(container: Container): Promise<void> {
  while (isUp(container.state.status)) await wait(container, 'not-running').result;
}
