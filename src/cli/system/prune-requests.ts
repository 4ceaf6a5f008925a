/**
 * What `docker system prune` removes besides containers and images. The commands of these nouns will
 * take them over.
 */
import type { CommandContext } from '../command.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import type { Pruned } from './prune.ts';

export async function pruneNetworks(context: CommandContext, filters: Filters): Promise<Pruned> {
  const query = { filters: filtersParameter(filters) };
  const { NetworksDeleted } = await (await context.api()).post<{ NetworksDeleted: string[] | null }>('/networks/prune', { query });
  return { removed: listOf('Deleted Networks', NetworksDeleted), reclaimedBytes: 0 };
}

/** Anonymous ones only, as long as the filter does not say otherwise. */
export async function pruneVolumes(context: CommandContext, filters: Filters): Promise<Pruned> {
  const query = { filters: filtersParameter(filters) };
  const report = await (await context.api()).post<{ VolumesDeleted: string[] | null; SpaceReclaimed: number }>('/volumes/prune', { query });
  return { removed: listOf('Deleted Volumes', report.VolumesDeleted), reclaimedBytes: report.SpaceReclaimed };
}

export async function pruneBuildCache(context: CommandContext, all: boolean, filters: Filters): Promise<Pruned> {
  const query = { all: all || undefined, filters: filtersParameter(filters) ?? '' };
  const report = await (await context.api()).post<{ CachesDeleted: string[] | null; SpaceReclaimed: number }>('/build/prune', { query });
  return { removed: listOf('Deleted build cache objects', report.CachesDeleted), reclaimedBytes: report.SpaceReclaimed };
}

function listOf(title: string, removed: string[] | null): string {
  return removed && removed.length > 0 ? `${title}:\n${removed.map((one) => `${one}\n`).join('')}` : '';
}
