/** Downloads an image. Source: docker/cli cli/command/image/pull.go. */
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { fullName, fullString, isNameOnly, parseNormalizedNamed, tagNameOnly, type Reference } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import type { CliOutput } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import { displayProgress } from '../format/progress.ts';
import { registryAuth } from '../registry/credentials.ts';
import { refuseContentTrust } from './content-trust.ts';

/** @cli  P[no content trust]  docker image pull  "Download an image from a registry" */
export const pullCommand: Command = {
  path: ['image', 'pull'],
  async run(context) {
    const { flags, args, environment } = context;
    const quiet = flags.bool('quiet');
    const all = flags.bool('all-tags');
    let reference = parseNormalizedNamed(args[0] ?? '');
    if (all && !isNameOnly(reference)) throw new ExitError(1, "tag can't be used with --all-tags/-a");
    if (!all && isNameOnly(reference)) {
      reference = tagNameOnly(reference);
      if (!quiet) await context.out(`Using default tag: ${reference.tag ?? ''}\n`);
    }
    refuseContentTrust(flags);
    await pull(context, reference, { platform: flags.string('platform'), output: quiet ? undefined : environment.stdout });
    await context.out(`${fullString(reference)}\n`);
  },
};

export interface PullOptions {
  /** `os[/arch[/variant]]`; empty for the daemon's own. */
  platform: string;
  /** Where progress goes; undefined for nowhere. */
  output: CliOutput | undefined;
}

/**
 * Asks the daemon for the image and shows its progress until it is there. A name without tag or digest
 * stands for all tags. `docker run` pulls with it as well.
 */
export async function pull(context: CommandContext, reference: Reference, options: PullOptions): Promise<void> {
  const query = {
    fromImage: fullName(reference),
    platform: options.platform.toLowerCase() || undefined,
    tag: reference.digest ?? reference.tag,
  };
  const headers = await registryAuth(context, reference);
  const api = await context.api();
  const messages = await api.messages<ProgressMessage>('/images/create', { method: 'POST', query, headers });
  await displayProgress(messages, options.output ?? nowhere, { clock: context.environment.clock });
}

const nowhere: CliOutput = { isTerminal: false, write: async () => {}, size: () => undefined };
