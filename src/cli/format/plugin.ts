/** Plugins as rows. Source: docker/cli cli/command/plugin/formatter.go. */
import type { Plugin } from '#engine/api/types/plugin.ts';
import type { RowKind } from './formatter.ts';
import { ellipsis, truncateId } from './text.ts';

const TABLE = 'table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}';
const DESCRIPTION_WIDTH = 45;

/** The format that a `--format` value stands for. */
export function pluginFormat(source: string, quiet: boolean): string {
  if (source === 'table') return quiet ? '{{.ID}}' : TABLE;
  if (source === 'raw') {
    return quiet ? 'plugin_id: {{.ID}}' : 'plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n';
  }
  return source;
}

export function pluginKind(truncate: boolean): RowKind<Plugin> {
  return {
    type: '*plugin.pluginContext',
    headers: { ID: 'ID', Name: 'NAME', Description: 'DESCRIPTION', Enabled: 'ENABLED', PluginReference: 'IMAGE' },
    values: {
      ID: ({ Id }) => (truncate ? truncateId(Id) : Id),
      Name: ({ Name }) => Name,
      Description: ({ Config }) => {
        const text = Config.Description.replace(/[\r\n]/g, '');
        return truncate ? ellipsis(text, DESCRIPTION_WIDTH) : text;
      },
      Enabled: ({ Enabled }) => Enabled,
      PluginReference: ({ PluginReference }) => PluginReference ?? '',
    },
  };
}
