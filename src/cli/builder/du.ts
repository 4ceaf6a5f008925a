/** Shows what the build cache takes. Source: docker/buildx commands/diskusage.go. */
import type { BuildCacheUsage } from '#engine/api/types/system.ts';
import type { Command } from '../command.ts';
import { filterValues, type Filters } from '../options/filter.ts';
import { cacheDetails, cacheSummary, cacheTable, sortedRecords } from './cache-table.ts';
import { cacheRecords } from './cache-records.ts';
import { checkBuilder } from './only-builder.ts';

/** @cli  Y  docker buildx du  "Disk usage" */
export const duCommand: Command = {
  path: ['buildx', 'du'],
  async run(context) {
    const { flags, environment } = context;
    checkBuilder(context);
    const filters = flags.value<Filters>('filter');
    const keep = recordFilter(filters);
    const records = sortedRecords(await cacheRecords(context)).filter(keep);
    const now = environment.clock.now();
    await context.out(flags.bool('verbose') ? cacheDetails(records, now) : cacheTable(records, true, now));
    if (Object.keys(filters).length === 0) await context.out(cacheSummary(records));
  },
};

/** `id` by its beginning, others by their value. @throws Error for a filter that records do not have */
function recordFilter(filters: Filters): (record: BuildCacheUsage) => boolean {
  const tests = Object.keys(filters).map((name) => {
    const [value = '', ...more] = filterValues(filters, name);
    if (more.length > 0) throw new Error('filters expect only one value');
    return testOf(name, value);
  });
  return (record) => tests.every((test) => test(record));
}

function testOf(name: string, value: string): (record: BuildCacheUsage) => boolean {
  switch (name) {
    case 'id':
      return ({ ID }) => ID.includes(value);
    case 'type':
      return ({ Type }) => Type === value;
    case 'description':
      return ({ Description }) => Description === value;
    case 'inuse':
      return ({ InUse }) => String(InUse) === value;
    case 'shared':
      return ({ Shared }) => String(Shared) === value;
    case 'private':
      return ({ Shared }) => String(!Shared) === value;
    default:
      throw new Error(`the filter ${JSON.stringify(name)} is not available in this version of Drydock`);
  }
}
