/** Removes every container that is not running. */
import type { ContainersPruned } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { humanSize } from '../units/size.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import { pruneFilters } from '../options/prune-filters.ts';

const warning = `WARNING! This will remove all stopped containers.
Are you sure you want to continue?`;

/** @cli  Y  docker container prune  "Remove all stopped containers" */
export const pruneCommand: Command = {
  path: ['container', 'prune'],
  async run(context) {
    const { flags } = context;
    // A no is no failure.
    if (!flags.bool('force') && !(await confirm(context, warning))) return;
    const { removed, reclaimedBytes } = await pruneContainers(context, await pruneFilters(context));
    if (removed !== '') await context.out(`${removed}\n`);
    await context.out(`Total reclaimed space: ${humanSize(reclaimedBytes)}\n`);
  },
};

/** @returns the list to print, empty when nothing was removed; `docker system prune` shows it with others */
export async function pruneContainers(context: CommandContext, filters: Filters): Promise<{ removed: string; reclaimedBytes: number }> {
  const query = { filters: filtersParameter(filters) };
  const { ContainersDeleted, SpaceReclaimed } = await (await context.api()).post<ContainersPruned>('/containers/prune', { query });
  if (!ContainersDeleted || ContainersDeleted.length === 0) return { removed: '', reclaimedBytes: 0 };
  return { removed: `Deleted Containers:\n${ContainersDeleted.map((id) => `${id}\n`).join('')}`, reclaimedBytes: SpaceReclaimed };
}
