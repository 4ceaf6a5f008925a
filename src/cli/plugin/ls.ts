/** Lists plugins. Source: docker/cli cli/command/plugin/list.go. */
import type { Plugin } from '#engine/api/types/plugin.ts';
import type { Command } from '../command.ts';
import { compareNaturally } from '../container/natural-order.ts';
import { formatRows } from '../format/formatter.ts';
import { pluginFormat, pluginKind } from '../format/plugin.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';

/** @cli  Y  docker plugin ls  "List plugins" */
export const lsCommand: Command = {
  path: ['plugin', 'ls'],
  async run(context) {
    const { flags } = context;
    const quiet = flags.bool('quiet');
    const query = { filters: filtersParameter(flags.value<Filters>('filter')) };
    const plugins = await (await context.api()).get<Plugin[]>('/plugins', { query });
    const rows = plugins.sort((a, b) => compareNaturally(a.Name, b.Name));
    const configured = quiet ? undefined : (await context.config()).pluginsFormat;
    const format = pluginFormat(flags.string('format') || configured || 'table', quiet);
    await context.out(formatRows(format, rows, pluginKind(!flags.bool('no-trunc'))));
  },
};
