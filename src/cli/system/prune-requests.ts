/** The build cache as `docker system prune` removes it. */
import type { CommandContext } from '../command.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import type { Pruned } from './prune.ts';

export async function pruneBuildCache(context: CommandContext, all: boolean, filters: Filters): Promise<Pruned> {
  const query = { all: all || undefined, filters: filtersParameter(filters) ?? '' };
  const report = await (await context.api()).post<{ CachesDeleted: string[] | null; SpaceReclaimed: number }>('/build/prune', { query });
  return { removed: listOf('Deleted build cache objects', report.CachesDeleted), reclaimedBytes: report.SpaceReclaimed };
}

function listOf(title: string, removed: string[] | null): string {
  return removed && removed.length > 0 ? `${title}:\n${removed.map((one) => `${one}\n`).join('')}` : '';
}
