/** `docker pause`. Source: moby daemon/pause.go. */
import { EngineError, messageOf } from '../errors.ts';
import type { Containers } from './containers.ts';
import { stopHealthMonitor } from './health-probe.ts';
import { move, permit } from './state.ts';

export async function pauseContainer(containers: Containers, name: string): Promise<void> {
  const container = containers.resolve(name);
  await container.live.lock.run(async () => {
    permit('pause', container, name);
    try {
      await containers.ports.runtime.pause(container.id);
    } catch (error) {
      throw new EngineError('unknown', `cannot pause container ${container.id}: ${messageOf(error)}`, { cause: error });
    }
    container.state = move(container.state, { kind: 'pause' });
    stopHealthMonitor(container);
    containers.logEvent(container, 'pause');
    containers.save(container);
  });
}
