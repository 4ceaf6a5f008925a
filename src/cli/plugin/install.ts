/** Downloads a plugin and switches it on. Source: docker/cli cli/command/plugin/install.go. */
import { jsonDocuments } from '#engine/api/client.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { familiarString, fullString, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { displayProgress } from '../format/progress.ts';
import { refuseContentTrust } from '../image/content-trust.ts';
import { objectPath } from '../object-path.ts';
import { registryAuth } from '../registry/credentials.ts';
import { grantedPrivileges } from './privileges.ts';

/** @cli  P[no content trust]  docker plugin install  "Install a plugin" */
export const installCommand: Command = {
  path: ['plugin', 'install'],
  async run(context) {
    const { flags, args, environment } = context;
    const [typed = '', ...settings] = args;
    const name = localName(flags.string('alias'));
    const reference = parseNormalizedNamed(typed);
    if (reference.digest === undefined) refuseContentTrust(flags);
    const remote = fullString(reference);
    const headers = await registryAuth(context, reference);
    const api = await context.api();
    const privileges = await grantedPrivileges(context, remote, typed, headers);
    const pull = { method: 'POST', query: { remote, name }, json: privileges, headers };
    const { chunks, headers: answered } = await api.stream('/plugins/pull', pull).catch(hintAtImage);
    await displayProgress(jsonDocuments<ProgressMessage>(chunks), environment.stdout, { clock: environment.clock });
    const installed = answered['docker-plugin-name'] ?? answered['Docker-Plugin-Name'] ?? '';
    if (settings.length > 0) await api.post(objectPath('plugin', installed, 'set'), { json: settings });
    if (!flags.bool('disable')) await api.post(objectPath('plugin', installed, 'enable'), { query: { timeout: 0 } });
    await context.out(`Installed plugin ${typed}\n`);
  },
};

function localName(alias: string): string {
  if (alias === '') return '';
  const reference = parseNormalizedNamed(alias);
  if (reference.digest !== undefined) throw new ExitError(1, `invalid name: ${alias}`);
  return familiarString(tagNameOnly(reference));
}

function hintAtImage(error: unknown): never {
  const line = errorLine(error);
  throw new ExitError(1, line.includes('(image) when fetching') ? `${line} - Use "docker image pull"` : line, { cause: error });
}
