/**
 * What a plugin of a registry wants to be allowed, asked of the registry and then of the person.
 * Source: docker/cli cli/command/plugin/install.go, moby client/plugin_install.go.
 */
import type { PluginPrivilege } from '#engine/api/types/plugin.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { ExitError } from '../exit-error.ts';

/**
 * @param remote the plugin's whole reference
 * @param name as it was typed
 * @returns what is granted, to be sent with the request
 * @throws ExitError when the person says no
 */
export async function grantedPrivileges(
  context: CommandContext,
  remote: string,
  name: string,
  headers: Record<string, string>,
): Promise<PluginPrivilege[]> {
  const api = await context.api();
  const privileges = (await api.get<PluginPrivilege[] | null>('/plugins/privileges', { query: { remote }, headers })) ?? [];
  if (privileges.length === 0 || context.flags.bool('grant-all-permissions')) return privileges;
  const lines = privileges.map(({ Name, Value }) => ` - ${Name}: [${(Value ?? []).join(' ')}]\n`);
  await context.out(`Plugin ${JSON.stringify(name)} is requesting the following privileges:\n${lines.join('')}`);
  if (await confirm(context, 'Do you grant the above permissions?')) return privileges;
  throw new ExitError(1, `permission denied while installing plugin ${remote}`);
}
