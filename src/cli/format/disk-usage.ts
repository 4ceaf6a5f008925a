/**
 * Disk usage as `docker system df` prints it: a row per kind, or every object with `--verbose`.
 * Source: docker/cli cli/command/formatter/disk_usage.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { DiskUsage } from '#engine/api/types/system.ts';
import type { Volume } from '#engine/api/types/volume.ts';
import { familiarName, parseNormalizedNamed } from '#engine/oci/reference.ts';
import { humanSize } from '../units/size.ts';
import { agoOf } from './age.ts';
import { containerRows } from './container.ts';
import { formatRows, type RowKind } from './formatter.ts';
import { imageKind, type ImageRow } from './image.ts';
import { joinLabels, truncateId } from './text.ts';

const TABLE = 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';
const RAW = `type: {{.Type}}
total: {{.TotalCount}}
active: {{.Active}}
size: {{.Size}}
reclaimable: {{.Reclaimable}}
`;
const IMAGES = 'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}';
const CONTAINERS = 'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}';
const VOLUMES = 'table {{.Name}}\t{{.Links}}\t{{.Size}}';
const CACHES = 'table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}';

/** An element of the build cache. */
export interface BuildCache {
  ID: string;
  Type: string;
  InUse: boolean;
  Shared: boolean;
  Size: number;
  CreatedAt: string;
  LastUsedAt: string | null;
  UsageCount: number;
}

interface Usage {
  type: string;
  count: number;
  active: number;
  sizeBytes: number;
  reclaimableBytes: number;
  /** How much of the whole can be won back is shown. */
  share: boolean;
}

/** A row per kind. */
export function diskUsageText(source: string, usage: DiskUsage): string {
  const format = source === 'table' || source === '' ? TABLE : source === 'raw' ? RAW : source;
  return formatRows(format, [imageUsage(usage), containerUsage(usage), volumeUsage(usage), cacheUsage(usage)], USAGE);
}

/** A table per kind, with every object. */
export function verboseDiskUsageText(usage: DiskUsage, nowMs: number): string {
  const images = (usage.Images ?? []).map(firstTag);
  // What a container shares with its image is not its own.
  const containers = (usage.Containers ?? []).map((container) => ({ ...container, SizeRootFs: 0 }));
  const caches = cachesOf(usage);
  return [
    'Images space usage:\n\n',
    formatRows(IMAGES, images, imageKind(true, nowMs)),
    '\nContainers space usage:\n\n',
    formatRows(CONTAINERS, containers, containerRows({ truncate: true, nowMs })),
    '\nLocal Volumes space usage:\n\n',
    formatRows(VOLUMES, usage.Volumes ?? [], VOLUME_KIND),
    `\nBuild cache usage: ${humanSize(cacheSize(caches))}\n\n`,
    formatRows(CACHES, caches, cacheKind(nowMs)),
  ].join('');
}

const USAGE: RowKind<Usage> = {
  type: '*formatter.diskUsageImagesContext',
  headers: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' },
  values: {
    Type: (row) => row.type,
    TotalCount: (row) => String(row.count),
    Active: (row) => String(row.active),
    Size: (row) => humanSize(row.sizeBytes),
    Reclaimable: (row) => {
      const size = humanSize(row.reclaimableBytes);
      return row.share && row.sizeBytes > 0 ? `${size} (${Math.trunc((row.reclaimableBytes * 100) / row.sizeBytes)}%)` : size;
    },
  },
};

function imageUsage({ Images, LayersSize }: DiskUsage): Usage {
  const images = Images ?? [];
  const used = images
    .filter((image) => image.Containers !== 0 && image.Size !== -1 && image.SharedSize !== -1)
    .reduce((sum, image) => sum + image.Size - image.SharedSize, 0);
  const active = images.filter((image) => image.Containers > 0).length;
  return { type: 'Images', count: images.length, active, sizeBytes: LayersSize, reclaimableBytes: LayersSize - used, share: true };
}

function containerUsage({ Containers }: DiskUsage): Usage {
  const containers = Containers ?? [];
  const active = containers.filter(({ State }) => /running|paused|restarting/.test(State));
  const size = (list: ContainerSummary[]): number => list.reduce((sum, container) => sum + (container.SizeRw ?? 0), 0);
  const total = size(containers);
  return {
    type: 'Containers',
    count: containers.length,
    active: active.length,
    sizeBytes: total,
    reclaimableBytes: total - size(active),
    share: true,
  };
}

function volumeUsage({ Volumes }: DiskUsage): Usage {
  const volumes = Volumes ?? [];
  const size = (list: Volume[]): number => list.reduce((sum, volume) => sum + Math.max(0, volume.UsageData?.Size ?? 0), 0);
  return {
    type: 'Local Volumes',
    count: volumes.length,
    active: volumes.filter((volume) => (volume.UsageData?.RefCount ?? 0) > 0).length,
    sizeBytes: size(volumes),
    reclaimableBytes: size(volumes.filter((volume) => volume.UsageData?.RefCount === 0)),
    share: true,
  };
}

function cacheUsage(usage: DiskUsage): Usage {
  const caches = cachesOf(usage);
  const inUse = caches.filter((cache) => cache.InUse);
  const total = cacheSize(caches);
  return {
    type: 'Build Cache',
    count: caches.length,
    active: inUse.length,
    sizeBytes: total,
    reclaimableBytes: total - cacheSize(inUse),
    share: false,
  };
}

function cachesOf(usage: DiskUsage): BuildCache[] {
  return (usage.BuildCache ?? []) as BuildCache[];
}

function cacheSize(caches: BuildCache[]): number {
  return caches.reduce((sum, cache) => sum + (cache.Shared ? 0 : cache.Size), 0);
}

/** An image under the first of its tags only. */
function firstTag(image: ImageSummary): ImageRow {
  const none = { image, repository: '<none>', tag: '<none>', digest: '' };
  const [name] = image.RepoTags ?? [];
  if (name === undefined || name === '<none>:<none>') return none;
  const reference = parseNormalizedNamed(name);
  return { ...none, repository: familiarName(reference), tag: reference.tag ?? '<none>' };
}

const VOLUME_KIND: RowKind<Volume> = {
  type: '*formatter.volumeContext',
  headers: {
    Name: 'VOLUME NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    Mountpoint: 'MOUNTPOINT',
    Labels: 'LABELS',
    Links: 'LINKS',
    Size: 'SIZE',
  },
  values: {
    Name: (volume) => volume.Name,
    Driver: (volume) => volume.Driver,
    Scope: (volume) => volume.Scope,
    Mountpoint: (volume) => volume.Mountpoint,
    Labels: (volume) => joinLabels(volume.Labels),
    Links: (volume) => (volume.UsageData ? String(volume.UsageData.RefCount) : 'N/A'),
    Size: (volume) => (volume.UsageData ? humanSize(volume.UsageData.Size) : 'N/A'),
  },
};

function cacheKind(nowMs: number): RowKind<BuildCache> {
  const ago = (time: string): string => agoOf(Date.parse(time) / 1000, nowMs);
  return {
    type: '*formatter.buildCacheContext',
    headers: {
      ID: 'CACHE ID',
      CacheType: 'CACHE TYPE',
      Size: 'SIZE',
      CreatedSince: 'CREATED',
      LastUsedSince: 'LAST USED',
      UsageCount: 'USAGE',
      InUse: 'IN USE',
      Shared: 'SHARED',
    },
    values: {
      ID: (cache) => `${truncateId(cache.ID)}${cache.InUse ? '*' : ''}`,
      CacheType: (cache) => cache.Type,
      Size: (cache) => humanSize(cache.Size),
      CreatedSince: (cache) => ago(cache.CreatedAt),
      LastUsedSince: (cache) => (cache.LastUsedAt ? ago(cache.LastUsedAt) : ''),
      UsageCount: (cache) => String(cache.UsageCount),
      InUse: (cache) => String(cache.InUse),
      Shared: (cache) => String(cache.Shared),
    },
  };
}
