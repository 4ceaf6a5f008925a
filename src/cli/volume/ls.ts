/** Lists volumes. Source: docker/cli cli/command/volume/list.go. */
import type { Volume, VolumeList } from '#engine/api/types/volume.ts';
import type { Command } from '../command.ts';
import { compareNaturally } from '../container/natural-order.ts';
import { formatRows } from '../format/formatter.ts';
import { CLUSTER_VOLUME_TABLE, volumeFormat, VOLUME_KIND } from '../format/volume.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';

/** @cli  Y  docker volume ls  "List volumes" */
export const lsCommand: Command = {
  path: ['volume', 'ls'],
  async run(context) {
    const { flags } = context;
    const quiet = flags.bool('quiet');
    const query = { filters: filtersParameter(flags.value<Filters>('filter')) };
    const { Volumes } = await (await context.api()).get<VolumeList>('/volumes', { query });
    const isListed = flags.bool('cluster') ? ({ ClusterVolume }: Volume) => ClusterVolume !== undefined : () => true;
    const rows = (Volumes ?? []).filter(isListed).sort((a, b) => compareNaturally(a.Name, b.Name));
    const configured = quiet ? undefined : (await context.config()).volumesFormat;
    // Of the cluster's volumes there is one list, whatever --format says.
    const source = flags.bool('cluster') ? (quiet ? 'table' : CLUSTER_VOLUME_TABLE) : flags.string('format') || configured || 'table';
    await context.out(formatRows(volumeFormat(source, quiet), rows, VOLUME_KIND));
  },
};
