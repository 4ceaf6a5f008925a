/** Containers as `docker ps` prints them. Source: docker/cli cli/command/formatter/container.go. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { familiarString, parseNormalizedNamed, type Reference } from '#engine/oci/reference.ts';
import { quote } from '#engine/go-quote.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { agoOf, timeText } from './age.ts';
import { displayPorts } from './display-ports.ts';
import type { RowKind } from './formatter.ts';
import { compareStrings } from './gotemplate/value.ts';
import { typed } from '../inspect/go-types.ts';
import { ellipsis, joinLabels, labelHeader, truncateId } from './text.ts';

const TABLE = 'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}';
/** `--format raw`. */
export const CONTAINER_RAW = `container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
`;
const COMMAND_WIDTH = 20;
const MOUNT_WIDTH = 15;

/** The format that a `--format` value stands for. */
export function containerFormat(source: string, quiet: boolean, size: boolean): string {
  if (source === 'raw') {
    if (quiet) return 'container_id: {{.ID}}';
    return size ? `${CONTAINER_RAW}size: {{.Size}}\n` : CONTAINER_RAW;
  }
  if (quiet) return '{{.ID}}';
  if (source === 'table' || source === '') return size ? `${TABLE}\t{{.Size}}` : TABLE;
  return source;
}

export interface ContainerRowOptions {
  /** Short ids, commands and names of mounts. */
  truncate: boolean;
  nowMs: number;
}

export function containerRows({ truncate, nowMs }: ContainerRowOptions): RowKind<ContainerSummary> {
  return {
    type: '*formatter.ContainerContext',
    headers: {
      ID: 'CONTAINER ID',
      Names: 'NAMES',
      Image: 'IMAGE',
      Command: 'COMMAND',
      CreatedAt: 'CREATED AT',
      RunningFor: 'CREATED',
      Ports: 'PORTS',
      State: 'STATE',
      Status: 'STATUS',
      Size: 'SIZE',
      Labels: 'LABELS',
      Mounts: 'MOUNTS',
      LocalVolumes: 'LOCAL VOLUMES',
      Networks: 'NETWORKS',
      Platform: 'PLATFORM',
    },
    values: {
      ID: (row) => (truncate ? truncateId(row.Id) : row.Id),
      Names: (row) => namesOf(row, truncate),
      Image: (row) => imageOf(row, truncate),
      // Only a daemon that keeps images for several platforms names one.
      Platform: ({ ImageManifestDescriptor }) => typed('*formatter.Platform', ImageManifestDescriptor?.platform),
      Command: (row) => quote(truncate ? ellipsis(row.Command, COMMAND_WIDTH) : row.Command),
      CreatedAt: (row) => timeText(row.Created),
      RunningFor: (row) => agoOf(row.Created, nowMs),
      Ports: (row) => displayPorts(row.Ports ?? []),
      State: (row) => row.State,
      Status: (row) => row.Status,
      Size: sizeOf,
      Labels: (row) => joinLabels(row.Labels),
      Mounts: (row) => mountsOf(row, truncate ? MOUNT_WIDTH : undefined),
      LocalVolumes: (row) => String((row.Mounts ?? []).filter((mount) => mount.Driver === 'local').length),
      Networks: (row) =>
        Object.keys(row.NetworkSettings?.Networks ?? {})
          .sort(compareStrings)
          .join(','),
    },
    calls: {
      Label: {
        parameters: ['string'],
        call: (row, name) => row.Labels?.[String(name)] ?? '',
        header: (name) => labelHeader(String(name)),
      },
    },
  };
}

/** Without slashes in front; of several names (links) the container's own when shortened. */
function namesOf(row: ContainerSummary, truncate: boolean): string {
  const names = (row.Names ?? []).map((name) => name.replace(/^\//, ''));
  const own = truncate ? names.find((name) => !name.includes('/')) : undefined;
  return own ?? names.join(',');
}

function imageOf(row: ContainerSummary, truncate: boolean): string {
  if (row.Image === '') return '<no image>';
  if (!truncate) return row.Image;
  const id = truncateId(row.ImageID ?? '');
  if (id === truncateId(row.Image)) return id;
  const reference = referenceOf(row.Image);
  return reference ? familiarString({ ...reference, digest: undefined }) : row.Image;
}

function referenceOf(image: string): Reference | undefined {
  try {
    return parseNormalizedNamed(image);
  } catch {
    return undefined;
  }
}

function sizeOf(row: ContainerSummary): string {
  const written = humanSizeWithPrecision(row.SizeRw ?? 0, 3);
  return row.SizeRootFs ? `${written} (virtual ${humanSizeWithPrecision(row.SizeRootFs, 3)})` : written;
}

/** Names of volumes and sources of binds, each shortened to a width. */
export function mountsOf(row: ContainerSummary, width: number | undefined): string {
  return (row.Mounts ?? [])
    .map((mount) => mount.Name || mount.Source || '')
    .map((name) => (width === undefined ? name : ellipsis(name, width)))
    .join(',');
}
