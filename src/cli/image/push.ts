/** Uploads an image. Source: docker/cli cli/command/image/push.go. */
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { fullName, fullString, isNameOnly, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import type { CliOutput } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import { printNote } from '../format/note.ts';
import { displayProgress } from '../format/progress.ts';
import { registryAuth } from '../registry/credentials.ts';
import { refuseContentTrust } from './content-trust.ts';
import { platformQuery } from './platform-query.ts';

/** @cli  P[no content trust]  docker image push  "Upload an image to a registry" */
export const pushCommand: Command = {
  path: ['image', 'push'],
  async run(context) {
    const { flags, args, environment } = context;
    const quiet = flags.bool('quiet');
    const all = flags.bool('all-tags');
    const platform = platformQuery(flags.string('platform'), `Invalid platform ${flags.string('platform')}`);
    if (platform !== undefined) {
      await printNote(
        environment.stdout,
        'Using --platform pushes only the specified platform manifest of a multi-platform image index.\nOther components, like attestations, will not be included.\nTo push the complete multi-platform image, remove the --platform flag.\n',
      );
    }
    let reference = parseNormalizedNamed(args[0] ?? '');
    if (all && !isNameOnly(reference)) throw new ExitError(1, "tag can't be used with --all-tags/-a");
    if (!all && isNameOnly(reference)) {
      reference = tagNameOnly(reference);
      if (!quiet) await context.out(`Using default tag: ${reference.tag ?? ''}\n`);
    }
    if (reference.digest !== undefined) throw new ExitError(1, 'cannot push a digest reference');
    refuseContentTrust(flags);
    const headers = await registryAuth(context, reference);
    const api = await context.api();
    const query = { tag: all ? undefined : reference.tag, platform };
    const messages = await api.messages<ProgressMessage>(`/images/${fullName(reference)}/push`, { method: 'POST', query, headers });
    await displayProgress(messages, quiet ? nowhere : environment.stdout, { clock: environment.clock });
    if (quiet) await context.out(`${fullString(reference)}\n`);
  },
};

const nowhere: CliOutput = { isTerminal: false, write: async () => {}, size: () => undefined };
