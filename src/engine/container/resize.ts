/** Changes the size of a container's terminal. Source: moby daemon/resize.go. */
import type { Containers } from './containers.ts';
import { permit } from './state.ts';

export async function resizeContainer(containers: Containers, name: string, size: { rows: number; columns: number }): Promise<void> {
  const container = containers.resolve(name);
  permit('resize', container, name);
  await container.live.process?.resize(size);
  containers.logEvent(container, 'resize', { height: String(size.rows), width: String(size.columns) });
}
