/** The wait of a `restarting` container before its next start. */
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { move } from './state.ts';

/** Starts a `restarting` container after a while, unless somebody stops it before. */
export function restartAfter(containers: Containers, container: Container, delayMs: number, restart: () => Promise<void>): void {
  const { live } = container;
  const dueMs = containers.ports.clock.now() + delayMs;
  const cancel = containers.ports.clock.after(delayMs, () => {
    live.cancelRestart = undefined;
    // What goes wrong is kept in the container's state.
    restart().catch(() => undefined);
  });
  live.restartDueMs = dueMs;
  live.cancelRestart = () => {
    live.restartDueMs = undefined;
    cancel();
  };
}

/** Stops waiting for a restart: the container stays down. */
export function giveUpRestart(containers: Containers, container: Container): void {
  container.live.cancelRestart?.();
  container.live.cancelRestart = undefined;
  container.state = move(container.state, { kind: 'give-up-restart' });
  container.live.waiters.stopped({ exitCode: container.state.exitCode, error: '' });
  containers.save(container);
}
