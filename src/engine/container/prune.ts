/** `docker container prune`. Source: moby daemon/prune.go, ContainersPrune. */
import { EngineError } from '../errors.ts';
import type { Filters } from '../filters.ts';
import { untilMs } from '../until.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { removeStopped } from './remove.ts';
import { isUp } from './state.ts';
import { writtenBytes } from './written.ts';

export interface PrunedContainers {
  /** Newest first, as Docker's list is. */
  removed: string[];
  reclaimedBytes: number;
}

export function pruneContainers(containers: Containers, filters: Filters): Promise<PrunedContainers> {
  return containers.pruning(async () => {
    filters.validate(['label', 'label!', 'until']);
    const [until, ...more] = filters.get('until');
    if (more.length > 0) throw new EngineError('invalid-parameter', 'more than one until filter specified');
    const newest = until === undefined ? Infinity : untilMs(until, containers.ports.clock.now());
    const removed: string[] = [];
    let reclaimedBytes = 0;
    for (const container of containers.all().reverse()) {
      const { Labels: labels } = container.config;
      if (isUp(container.state.status) || container.createdMs > newest) continue;
      if (!filters.pairs('label', labels) || (filters.has('label!') && filters.pairs('label!', labels))) continue;
      const size = await writtenBytes(containers, container);
      if (!(await isGone(containers, container))) continue;
      removed.push(container.id);
      reclaimedBytes += size;
    }
    containers.ports.events.log('container', 'prune', '', { reclaimed: String(reclaimedBytes) });
    return { removed, reclaimedBytes };
  });
}

/** What was started meanwhile, or cannot be removed, stays and is no reason to keep the others. */
async function isGone(containers: Containers, container: Container): Promise<boolean> {
  if (container.live.removed) return false;
  try {
    return (await removeStopped(containers, container, { volumes: false })) === 'removed';
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}
