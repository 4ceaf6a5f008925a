/**
 * `docker rm`: the container, its files and writable layer, and with `-v` the volumes that nobody named.
 * Source: moby daemon/delete.go.
 */
import { EngineError, messageOf } from '../errors.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { kill } from './kill.ts';
import { removeLink } from './links.ts';
import { releaseVolumes } from './mount-points.ts';
import { removeRecords } from './records.ts';
import { canMove, isUp, move } from './state.ts';
import { permitRemoval } from './removal-refusal.ts';
import { removeCopy } from './written.ts';

export interface RemoveOptions {
  force: boolean;
  volumes: boolean;
  link?: boolean;
}

export async function removeContainer(containers: Containers, name: string, { force, volumes, link }: RemoveOptions): Promise<void> {
  if (link) return removeLink(containers, name);
  const container = containers.resolve(name);
  if (!force || container.state.status === 'removing') permitRemoval(containers, container, name);
  try {
    if (force) await forceRemove(containers, container, { volumes });
    // It was started while the lock was waited for.
    else if ((await removeStopped(containers, container, { volumes })) === 'up') permitRemoval(containers, container, name);
  } catch (error) {
    if (error instanceof EngineError && /^(cannot remove container|You cannot remove a) /.test(error.message)) throw error;
    throw new EngineError(error instanceof EngineError ? error.kind : 'system', `cannot remove container "${name}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Removes a container whatever it does. Several at once come to the same. */
export async function forceRemove(containers: Containers, container: Container, { volumes }: { volumes: boolean }): Promise<void> {
  // Again when somebody starts it meanwhile.
  do await endRun(containers, container);
  while ((await removeStopped(containers, container, { volumes })) === 'up');
}

async function endRun(containers: Containers, container: Container): Promise<void> {
  if (!isUp(container.state.status)) return;
  try {
    await kill(containers, container);
  } catch (error) {
    if (isUp(container.state.status)) throw new EngineError('unknown', `could not kill container: ${messageOf(error)}`, { cause: error });
  }
}

/** Removes a container that does not run; one that was started meanwhile is left alone. */
export async function removeStopped(
  containers: Containers,
  container: Container,
  { volumes }: { volumes: boolean },
): Promise<'removed' | 'up'> {
  const { live } = container;
  return live.lock.run(async () => {
    if (live.removed) return 'removed';
    if (!canMove(container.state.status, 'begin-removal')) return 'up';
    container.state = move(container.state, { kind: 'begin-removal' });
    containers.save(container);
    try {
      await containers.ports.runtime.removeWritable(container.id);
      removeCopy(containers, container);
      for (const { image } of container.mounts) if (image) await containers.ports.runtime.removeTree(image.tree);
    } catch (error) {
      container.state = move(container.state, { kind: 'fail-removal' });
      containers.save(container);
      throw error;
    }
    live.removed = true;
    live.streams.reset();
    removeRecords(containers.ports.storage, container.id, containers.ports.images.ports.driver);
    containers.delete(container);
    releaseVolumes(containers.ports.volumes, container.mounts, container.id, volumes);
    live.waiters.removed({ exitCode: container.state.exitCode, error: '' });
    // Its image may be gone already; then its layers go with it.
    containers.ports.images.collectLayers();
    containers.logEvent(container, 'destroy');
    return 'removed';
  });
}
