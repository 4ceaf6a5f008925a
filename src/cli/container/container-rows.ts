/**
 * A container as `docker ps` shows it: the names that a `--format` may use, and what they are.
 * Source: docker/cli cli/command/formatter/container.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { familiarString, parseNormalizedNamed, trimNamed } from '#engine/oci/reference.ts';
import { quote } from '../flags/quote.ts';
import type { RowKind } from '../format/formatter.ts';
import { Nil } from '../format/gotemplate/value.ts';
import { ellipsis, joinLabels, labelHeader, truncateId } from '../format/text.ts';
import { humanDuration } from '../units/duration.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { displayPorts } from './published-ports.ts';

export interface ContainerRow {
  container: ContainerSummary;
  /** Without `--no-trunc`: short ids, one name, the beginning of long texts. */
  truncate: boolean;
  nowMs: number;
}

/** What is shown of nothing: for trying a template before the daemon is asked. */
export const emptyRow: ContainerRow = { container: {} as ContainerSummary, truncate: false, nowMs: 0 };

export const containerRows: RowKind<ContainerRow> = {
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
    ID: ({ container, truncate }) => (truncate ? truncateId(container.Id) : (container.Id ?? '')),
    Names: names,
    Image: image,
    Command: ({ container: { Command = '' }, truncate }) => quote(truncate ? ellipsis(Command, 20) : Command),
    CreatedAt: ({ container: { Created = 0 } }) => goTime(Created),
    RunningFor: ({ container: { Created = 0 }, nowMs }) => `${humanDuration(nowMs - Created * 1000)} ago`,
    // Only known where the daemon tells manifests apart.
    Platform: () => new Nil('pointer', '*formatter.Platform'),
    Ports: ({ container }) => displayPorts(container.Ports ?? []),
    State: ({ container }) => container.State ?? '',
    Status: ({ container }) => container.Status ?? '',
    Size: size,
    Labels: ({ container }) => joinLabels(container.Labels),
    Mounts: mounts,
    LocalVolumes: ({ container }) => String((container.Mounts ?? []).filter(({ Driver }) => Driver === 'local').length),
    Networks: ({ container }) => Object.keys(container.NetworkSettings?.Networks ?? {}).join(','),
  },
  calls: {
    Label: {
      parameters: ['string'],
      call: ({ container }, name) => container.Labels?.[name as string] ?? '',
      header: (name) => labelHeader(name as string),
    },
  },
};

/** Without the slash in front; a name with a slash inside is a link's, and is not shown beside a real one. */
function names({ container, truncate }: ContainerRow): string {
  const all = (container.Names ?? []).map((name) => name.slice(1));
  const own = truncate ? all.find((name) => !name.includes('/')) : undefined;
  return own ?? all.join(',');
}

function image({ container: { Image = '', ImageID = '' }, truncate }: ContainerRow): string {
  if (Image === '') return '<no image>';
  if (!truncate) return Image;
  const id = truncateId(ImageID);
  if (id === truncateId(Image)) return id;
  try {
    const reference = parseNormalizedNamed(Image);
    // The digest is what is left out.
    return familiarString({ ...trimNamed(reference), tag: reference.tag });
  } catch {
    return Image;
  }
}

function size({ container: { SizeRw = 0, SizeRootFs = 0 } }: ContainerRow): string {
  const own = humanSizeWithPrecision(SizeRw, 3);
  return SizeRootFs > 0 ? `${own} (virtual ${humanSizeWithPrecision(SizeRootFs, 3)})` : own;
}

function mounts({ container, truncate }: ContainerRow): string {
  const all = (container.Mounts ?? []).map(({ Name, Source }) => Name || Source);
  return all.map((name) => (truncate ? ellipsis(name, 15) : name)).join(',');
}

/** A time as Go prints it, in UTC: `2026-11-23 17:33:15 +0000 UTC`. */
function goTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
