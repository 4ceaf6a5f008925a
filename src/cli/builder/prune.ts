/**
 * Removes what builds have left behind: as buildx says it, and as the classic client does with `DOCKER_BUILDKIT=0`.
 * Source: docker/buildx commands/prune.go; docker/cli cli/command/builder/prune.go.
 */
import type { QueryValues } from '#engine/api/client.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { filtersParameter, filterValues, type Filters } from '../options/filter.ts';
import { pruneFilters } from '../options/prune-filters.ts';
import { parseDuration } from '#engine/go-duration.ts';
import { humanSize } from '../units/size.ts';
import { cacheRecords } from './cache-records.ts';
import { cacheDetails, cacheTable, totalLine } from './cache-table.ts';
import { checkBuilder } from './only-builder.ts';

const WARNING = 'WARNING! This will remove all dangling build cache. Are you sure you want to continue?';
const ALL_WARNING = 'WARNING! This will remove all build cache. Are you sure you want to continue?';

interface Pruned {
  CachesDeleted: string[] | null;
  SpaceReclaimed: number;
}

/** @cli  Y  docker buildx prune  "Remove build cache" */
export const pruneCommand: Command = {
  path: ['buildx', 'prune'],
  async run(context) {
    const { flags, environment } = context;
    const filters = await pruneFilters(context);
    checkFilters(filters);
    if (!(await isConfirmed(context))) return;
    checkBuilder(context);
    // Of what is gone nothing more can be asked.
    const known = new Map((await cacheRecords(context)).map((record) => [record.ID, record]));
    const size = (name: string): number | undefined => flags.number(name) || undefined;
    const { CachesDeleted } = await prune(context, filters, {
      'reserved-space': size('reserved-space') ?? size('keep-storage'),
      'max-used-space': size('max-used-space'),
      'min-free-space': size('min-free-space'),
    });
    let total = 0;
    const now = environment.clock.now();
    for (const [index, id] of (CachesDeleted ?? []).entries()) {
      const record = known.get(id);
      if (!record) continue;
      total += record.Size;
      await context.out(flags.bool('verbose') ? cacheDetails([record], now) : cacheTable([record], index === 0, now));
    }
    await context.out(totalLine(total));
  },
};

/** @cli  Y  docker builder prune  "Remove build cache" */
export const classicPruneCommand: Command = {
  path: ['builder', 'prune'],
  async run(context) {
    if (!(await isConfirmed(context))) return;
    const keepStorage = context.flags.number('keep-storage') || undefined;
    const { CachesDeleted, SpaceReclaimed } = await prune(context, await pruneFilters(context), { 'keep-storage': keepStorage });
    if (CachesDeleted && CachesDeleted.length > 0) {
      await context.out(`Deleted build cache objects:\n${CachesDeleted.map((id) => `${id}\n`).join('')}\n`);
    }
    await context.out(`Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
  },
};

/** A no is no failure. */
async function isConfirmed(context: CommandContext): Promise<boolean> {
  const { flags } = context;
  return flags.bool('force') || (await confirm(context, flags.bool('all') ? ALL_WARNING : WARNING));
}

async function prune(context: CommandContext, filters: Filters, sizes: QueryValues): Promise<Pruned> {
  const query = { all: context.flags.bool('all') || undefined, filters: filtersParameter(filters) ?? '', ...sizes };
  return await (await context.api()).post<Pruned>('/build/prune', { query });
}

/** @throws Error with buildx's words */
function checkFilters(filters: Filters): void {
  const until = filterValues(filters, 'until');
  const unused = filterValues(filters, 'unused-for');
  if (until.length > 0 && unused.length > 0) throw new Error('conflicting filters "until" and "unused-for"');
  for (const name of Object.keys(filters)) {
    if (filterValues(filters, name).length > 1) throw new Error('filters expect only one value');
  }
  for (const [name, value] of [...until.map((one) => ['until', one]), ...unused.map((one) => ['unused-for', one])]) {
    try {
      parseDuration(value ?? '');
    } catch (error) {
      throw new Error(`"${name}" filter expects a duration (e.g., '24h'): ${messageOf(error)}`, { cause: error });
    }
  }
}
