/** Volumes as rows. Source: docker/cli cli/command/formatter/volume.go. */
import type { Volume } from '#engine/api/types/volume.ts';
import { humanSize } from '../units/size.ts';
import type { RowKind } from './formatter.ts';
import { joinLabels, labelHeader } from './text.ts';

const TABLE = 'table {{.Driver}}\t{{.Name}}';

/** Of volumes that a swarm manages. */
export const CLUSTER_VOLUME_TABLE = 'table {{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}';

/** The format that a `--format` value stands for. */
export function volumeFormat(source: string, quiet: boolean): string {
  if (source === 'table') return quiet ? '{{.Name}}' : TABLE;
  if (source === 'raw') return quiet ? 'name: {{.Name}}' : 'name: {{.Name}}\ndriver: {{.Driver}}\n';
  return source;
}

/** Only volumes of a cluster have an availability, a group and a status. */
const NOT_CLUSTERED = 'N/A';

export const VOLUME_KIND: RowKind<Volume> = {
  type: '*formatter.volumeContext',
  headers: {
    Name: 'VOLUME NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    Availability: 'AVAILABILITY',
    Mountpoint: 'MOUNTPOINT',
    Labels: 'LABELS',
    Links: 'LINKS',
    Size: 'SIZE',
    Group: 'GROUP',
    Status: 'STATUS',
  },
  values: {
    Name: (volume) => volume.Name,
    Driver: (volume) => volume.Driver,
    Scope: (volume) => volume.Scope,
    Availability: ({ ClusterVolume }) => (ClusterVolume ? (ClusterVolume.Spec.Availability ?? '') : NOT_CLUSTERED),
    Mountpoint: (volume) => volume.Mountpoint,
    Labels: (volume) => joinLabels(volume.Labels),
    Links: (volume) => (volume.UsageData ? String(volume.UsageData.RefCount) : 'N/A'),
    Size: (volume) => (volume.UsageData ? humanSize(volume.UsageData.Size) : 'N/A'),
    Group: ({ ClusterVolume }) => (ClusterVolume ? (ClusterVolume.Spec.Group ?? '') : NOT_CLUSTERED),
    Status: statusOf,
  },
  calls: {
    Label: {
      parameters: ['string'],
      call: (volume, name) => volume.Labels?.[String(name)] ?? '',
      header: (name) => labelHeader(String(name)),
    },
  },
};

function statusOf({ ClusterVolume }: Volume): string {
  if (!ClusterVolume) return NOT_CLUSTERED;
  if (!ClusterVolume.Info?.VolumeID) return 'pending creation';
  const count = ClusterVolume.PublishStatus?.length ?? 0;
  if (count === 0) return 'created';
  return `in use (${count} node${count === 1 ? '' : 's'})`;
}
