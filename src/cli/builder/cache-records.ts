/** Asks the daemon for its build cache. */
import type { BuildCacheUsage, DiskUsage } from '#engine/api/types/system.ts';
import type { CommandContext } from '../command.ts';

export async function cacheRecords(context: CommandContext): Promise<BuildCacheUsage[]> {
  const { BuildCache } = await (await context.api()).get<DiskUsage>('/system/df', { query: { type: 'build-cache' } });
  return BuildCache ?? [];
}
