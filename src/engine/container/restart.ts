/** `docker restart`. Source: moby daemon/restart.go. */
import { EngineError } from '../errors.ts';
import type { Containers } from './containers.ts';
import { start } from './start.ts';
import { isUp, permit } from './state.ts';
import { stop, type StopOptions } from './stop.ts';

export async function restartContainer(containers: Containers, name: string, options: StopOptions): Promise<void> {
  const container = containers.resolve(name);
  try {
    permit('restart', container, name);
    if (isUp(container.state.status)) {
      container.live.manuallyRestarting = true;
      await stop(containers, container, options);
    }
    await start(containers, container, { byUser: true });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError('unknown', `Cannot restart container ${name}: ${error.message}`, { cause: error });
  } finally {
    container.live.manuallyRestarting = false;
  }
  containers.logEvent(container, 'restart');
}
