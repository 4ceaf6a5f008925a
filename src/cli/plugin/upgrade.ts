/** Replaces a plugin with another version. Source: docker/cli cli/command/plugin/upgrade.go. */
import type { Plugin } from '#engine/api/types/plugin.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { familiarString, fullString, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { displayProgress } from '../format/progress.ts';
import { refuseContentTrust } from '../image/content-trust.ts';
import { objectPath } from '../object-path.ts';
import { registryAuth } from '../registry/credentials.ts';
import { grantedPrivileges } from './privileges.ts';

/** @cli  P[no content trust]  docker plugin upgrade  "Upgrade an existing plugin" */
export const upgradeCommand: Command = {
  path: ['plugin', 'upgrade'],
  async run(context) {
    const { flags, args, environment } = context;
    const plugin = await existing(context, args[0] ?? '');
    if (plugin.Enabled) throw new ExitError(1, 'the plugin must be disabled before upgrading');
    const typed = args[1] ?? plugin.PluginReference ?? '';
    const reference = tagNameOnly(parseNormalizedNamed(typed));
    const old = tagNameOnly(parseNormalizedNamed(plugin.PluginReference ?? ''));
    await context.out(`Upgrading plugin ${plugin.Name} from ${familiarString(old)} to ${familiarString(reference)}\n`);
    const isOther = !flags.bool('skip-remote-check') && fullString(reference) !== fullString(old);
    // A no is no failure.
    if (isOther && !(await confirm(context, 'Plugin images do not match, are you sure?'))) return;
    if (reference.digest === undefined) refuseContentTrust(flags);
    // The tag that was not typed is the daemon's to choose.
    const remote = fullString(parseNormalizedNamed(typed));
    const headers = await registryAuth(context, reference);
    const json = await grantedPrivileges(context, remote, typed, headers);
    const upgrade = { method: 'POST', query: { remote }, json, headers };
    const messages = await (await context.api()).messages<ProgressMessage>(objectPath('plugin', plugin.Name, 'upgrade'), upgrade);
    await displayProgress(messages, environment.stdout, { clock: environment.clock });
    await context.out(`Upgraded plugin ${plugin.Name} to ${typed}\n`);
  },
};

async function existing(context: CommandContext, name: string): Promise<Plugin> {
  const api = await context.api();
  try {
    return await api.get<Plugin>(objectPath('plugin', name, 'json'));
  } catch (error) {
    throw new ExitError(1, `error reading plugin data: ${errorLine(error)}`, { cause: error });
  }
}
