/** Lists networks. Source: docker/cli cli/command/network/list.go. */
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { Command } from '../command.ts';
import { compareNaturally } from '../container/natural-order.ts';
import { formatRows } from '../format/formatter.ts';
import { networkFormat, networkKind } from '../format/network.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';

/** @cli  Y  docker network ls  "List networks" */
export const lsCommand: Command = {
  path: ['network', 'ls'],
  async run(context) {
    const { flags } = context;
    const quiet = flags.bool('quiet');
    const query = { filters: filtersParameter(flags.value<Filters>('filter')) };
    const networks = await (await context.api()).get<NetworkInspect[]>('/networks', { query });
    const configured = quiet ? undefined : (await context.config()).networksFormat;
    const format = networkFormat(flags.string('format') || configured || 'table', quiet);
    const rows = networks.sort((a, b) => compareNaturally(a.Name, b.Name));
    await context.out(formatRows(format, rows, networkKind(!flags.bool('no-trunc'))));
  },
};
