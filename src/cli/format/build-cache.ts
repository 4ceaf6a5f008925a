/** Records of the build cache as rows. Source: docker/cli cli/command/formatter/buildcache.go. */
import type { DiskUsage } from '#engine/api/types/system.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { agoOf, timeText } from './age.ts';
import type { RowKind } from './formatter.ts';
import { compareStrings } from './gotemplate/value.ts';
import { truncateId } from './text.ts';

/** An element of `BuildCache` in `GET /system/df`. */
export interface BuildCache {
  ID: string;
  /** No longer given. */
  Parent?: string;
  Type: string;
  Description: string;
  InUse: boolean;
  Shared: boolean;
  Size: number;
  CreatedAt: string;
  LastUsedAt: string | null;
  UsageCount: number;
}

/** Longest unused first. */
export function cachesOf(usage: DiskUsage): BuildCache[] {
  const time = (cache: BuildCache): number => (cache.LastUsedAt ? Date.parse(cache.LastUsedAt) : -Infinity);
  return [...((usage.BuildCache ?? []) as BuildCache[])].sort((a, b) => {
    const difference = time(a) - time(b);
    return difference === 0 || Number.isNaN(difference) ? compareStrings(a.ID, b.ID) : difference;
  });
}

/** What is not shared with images. */
export function cacheSize(caches: readonly BuildCache[]): number {
  return caches.reduce((sum, cache) => sum + (cache.Shared ? 0 : cache.Size), 0);
}

export function buildCacheKind(truncate: boolean, nowMs: number): RowKind<BuildCache> {
  const seconds = (time: string): number => Date.parse(time) / 1000;
  return {
    type: '*formatter.buildCacheContext',
    headers: {
      ID: 'CACHE ID',
      Parent: 'PARENT',
      CacheType: 'CACHE TYPE',
      Size: 'SIZE',
      CreatedSince: 'CREATED',
      LastUsedSince: 'LAST USED',
      UsageCount: 'USAGE',
      InUse: 'IN USE',
      Shared: 'SHARED',
    },
    values: {
      ID: (cache) => `${truncate ? truncateId(cache.ID) : cache.ID}${cache.InUse ? '*' : ''}`,
      Parent: (cache) => (truncate ? truncateId(cache.Parent ?? '') : (cache.Parent ?? '')),
      CacheType: (cache) => cache.Type,
      Description: (cache) => cache.Description,
      Size: (cache) => humanSizeWithPrecision(cache.Size, 3),
      CreatedAt: (cache) => timeText(seconds(cache.CreatedAt)),
      CreatedSince: (cache) => agoOf(seconds(cache.CreatedAt), nowMs),
      LastUsedAt: (cache) => (cache.LastUsedAt ? timeText(seconds(cache.LastUsedAt)) : ''),
      LastUsedSince: (cache) => (cache.LastUsedAt ? agoOf(seconds(cache.LastUsedAt), nowMs) : ''),
      UsageCount: (cache) => String(cache.UsageCount),
      InUse: (cache) => String(cache.InUse),
      Shared: (cache) => String(cache.Shared),
    },
  };
}
