/** Uploads a plugin. Source: docker/cli cli/command/plugin/push.go. */
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { familiarString, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { displayProgress } from '../format/progress.ts';
import { refuseContentTrust } from '../image/content-trust.ts';
import { objectPath } from '../object-path.ts';
import { registryAuth } from '../registry/credentials.ts';

/** @cli  P[no content trust]  docker plugin push  "Push a plugin to a registry" */
export const pushCommand: Command = {
  path: ['plugin', 'push'],
  async run(context) {
    const { flags, args, environment } = context;
    const [name = ''] = args;
    const reference = tagNameOnly(parseNormalizedNamed(name));
    if (reference.digest !== undefined) throw new ExitError(1, `invalid name: ${name}`);
    refuseContentTrust(flags);
    const headers = await registryAuth(context, reference);
    const path = objectPath('plugin', familiarString(reference), 'push');
    const messages = await (await context.api()).messages<ProgressMessage>(path, { method: 'POST', headers });
    await displayProgress(messages, environment.stdout, { clock: environment.clock });
  },
};
