/** Removes networks that no container is on. Source: docker/cli cli/command/network/prune.go. */
import type { NetworksPruneReport } from '#engine/api/types/network.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import { pruneFilters } from '../options/prune-filters.ts';

const WARNING = `WARNING! This will remove all custom networks not used by at least one container.
Are you sure you want to continue?`;

/** @cli  Y  docker network prune  "Remove all unused networks" */
export const pruneCommand: Command = {
  path: ['network', 'prune'],
  async run(context) {
    const filters = await pruneFilters(context);
    // A no is no failure.
    if (!context.flags.bool('force') && !(await confirm(context, WARNING))) return;
    const { removed } = await pruneNetworks(context, filters);
    if (removed !== '') await context.out(`${removed}\n`);
  },
};

/** @returns the list to print, empty when nothing was removed; `docker system prune` shows it with others */
export async function pruneNetworks(context: CommandContext, filters: Filters): Promise<{ removed: string; reclaimedBytes: number }> {
  const query = { filters: filtersParameter(filters) };
  const { NetworksDeleted } = await (await context.api()).post<NetworksPruneReport>('/networks/prune', { query });
  const lines = (NetworksDeleted ?? []).map((name) => `${name}\n`);
  return { removed: lines.length === 0 ? '' : `Deleted Networks:\n${lines.join('')}`, reclaimedBytes: 0 };
}
