/**
 * Disk usage as `docker system df` prints it: a row per kind of object.
 * Source: docker/cli cli/command/formatter/disk_usage.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { DiskUsage } from '#engine/api/types/system.ts';
import type { Volume } from '#engine/api/types/volume.ts';
import { humanSize } from '../units/size.ts';
import { cacheSize, cachesOf } from './build-cache.ts';
import { formatRows, type RowKind } from './formatter.ts';

const TABLE = 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';
const RAW = `type: {{.Type}}
total: {{.TotalCount}}
active: {{.Active}}
size: {{.Size}}
reclaimable: {{.Reclaimable}}
`;
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
