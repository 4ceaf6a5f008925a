/** Removes images that nothing uses. Source: docker/cli cli/command/image/prune.go. */
import type { ImagesPruned } from '#engine/api/types/image.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { addFilter, filtersParameter, type Filters } from '../options/filter.ts';
import { pruneFilters } from '../options/prune-filters.ts';
import { humanSize } from '../units/size.ts';

const ALL_WARNING = `WARNING! This will remove all images without at least one container associated to them.
Are you sure you want to continue?`;
const DANGLING_WARNING = `WARNING! This will remove all dangling images.
Are you sure you want to continue?`;

/** @cli  Y  docker image prune  "Remove unused images" */
export const pruneCommand: Command = {
  path: ['image', 'prune'],
  async run(context) {
    const { flags } = context;
    const all = flags.bool('all');
    // A no is no failure.
    if (!flags.bool('force') && !(await confirm(context, all ? ALL_WARNING : DANGLING_WARNING))) return;
    const { removed, reclaimedBytes } = await pruneImages(context, all, await pruneFilters(context));
    if (removed !== '') await context.out(`${removed}\n`);
    await context.out(`Total reclaimed space: ${humanSize(reclaimedBytes)}\n`);
  },
};

/** @returns the list to print, empty when nothing was removed; `docker system prune` shows it with others */
export async function pruneImages(
  context: CommandContext,
  all: boolean,
  filters: Filters,
): Promise<{ removed: string; reclaimedBytes: number }> {
  const query = { filters: filtersParameter(addFilter(filters, 'dangling', String(!all))) };
  const { ImagesDeleted, SpaceReclaimed } = await (await context.api()).post<ImagesPruned>('/images/prune', { query });
  if (!ImagesDeleted || ImagesDeleted.length === 0) return { removed: '', reclaimedBytes: 0 };
  const lines = ImagesDeleted.map(({ Untagged, Deleted }) => (Untagged ? `untagged: ${Untagged}\n` : `deleted: ${Deleted ?? ''}\n`));
  return { removed: `Deleted Images:\n${lines.join('')}`, reclaimedBytes: SpaceReclaimed };
}
