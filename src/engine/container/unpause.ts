/** `docker unpause`. Source: moby daemon/unpause.go. */
import { EngineError, messageOf } from '../errors.ts';
import type { Containers } from './containers.ts';
import { startHealthMonitor } from './health-probe.ts';
import { move, permit } from './state.ts';

export async function unpauseContainer(containers: Containers, name: string): Promise<void> {
  const container = containers.resolve(name);
  await container.live.lock.run(async () => {
    permit('unpause', container, name);
    try {
      await containers.ports.runtime.resume(container.id);
    } catch (error) {
      throw new EngineError('unknown', `Cannot unpause container ${container.id}: ${messageOf(error)}`, { cause: error });
    }
    container.state = move(container.state, { kind: 'unpause' });
    startHealthMonitor(containers, container);
    containers.logEvent(container, 'unpause');
    containers.save(container);
  });
}
