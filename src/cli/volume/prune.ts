/** Removes volumes that no container uses. Source: docker/cli cli/command/volume/prune.go. */
import type { VolumesPruned } from '#engine/api/types/volume.ts';
import { atLeast } from '#engine/api/version.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { wantedApiVersion } from '../connection.ts';
import { ExitError } from '../exit-error.ts';
import { addFilter, filtersParameter, type Filters } from '../options/filter.ts';
import { pruneFilters } from '../options/prune-filters.ts';
import { humanSize } from '../units/size.ts';

const question = (which: string): string => `WARNING! This will remove ${which} volumes not used by at least one container.
Are you sure you want to continue?`;

/** @cli  Y  docker volume prune  "Remove unused local volumes" */
export const pruneCommand: Command = {
  path: ['volume', 'prune'],
  async run(context) {
    const { flags } = context;
    let filters = await pruneFilters(context);
    let warning = question('anonymous local');
    if (!(await sparesNamed(context))) {
      warning = question('all local');
    } else if (flags.bool('all')) {
      if (filters['all']) throw new ExitError(1, 'conflicting options: cannot specify both --all and --filter all=1');
      filters = addFilter(filters, 'all', 'true');
      warning = question('all local');
    }
    // A no is no failure.
    if (!flags.bool('force') && !(await confirm(context, warning))) return;
    const { removed, reclaimedBytes } = await pruneVolumes(context, filters);
    if (removed !== '') await context.out(`${removed}\n`);
    await context.out(`Total reclaimed space: ${humanSize(reclaimedBytes)}\n`);
  },
};

/** Whether the daemon leaves named volumes alone unless all are asked for. One that does not answer will be complained of later. */
async function sparesNamed(context: CommandContext): Promise<boolean> {
  const version = await context.api().then(
    (api) => api.version,
    () => wantedApiVersion(context.environment),
  );
  return atLeast(version, '1.42');
}

/**
 * Anonymous ones only, as long as the filter does not say otherwise.
 *
 * @returns the list to print, empty when nothing was removed; `docker system prune` shows it with others
 */
export async function pruneVolumes(context: CommandContext, filters: Filters): Promise<{ removed: string; reclaimedBytes: number }> {
  const query = { filters: filtersParameter(filters) };
  const { VolumesDeleted, SpaceReclaimed } = await (await context.api()).post<VolumesPruned>('/volumes/prune', { query });
  if (!VolumesDeleted || VolumesDeleted.length === 0) return { removed: '', reclaimedBytes: 0 };
  return { removed: `Deleted Volumes:\n${VolumesDeleted.map((name) => `${name}\n`).join('')}`, reclaimedBytes: SpaceReclaimed };
}
