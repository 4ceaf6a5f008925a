/** Why a container cannot be removed, in the words of the engine's release. Source: moby daemon/delete.go of 24.0 and of 28.2. */
import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { isUp, permit } from './state.ts';

/** @throws EngineError when it runs, or goes already */
export function permitRemoval({ ports }: Containers, container: Container, name: string): void {
  const { status } = container.state;
  if (!isUp(status) || ports.release.behaviours.includes('removal-names-container')) return permit('remove', container, name);
  const stop = 'top the container before attempting removal or force remove';
  const advice = status === 'paused' ? `Unpause and then s${stop}` : `S${stop}`;
  throw new EngineError('conflict', `You cannot remove a ${status} container ${container.id}. ${advice}`);
}
