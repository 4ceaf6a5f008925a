/** Makes an image of a file system's archive. Source: docker/cli cli/command/image/import.go. */
import type { CallOptions } from '#engine/api/client.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { parseNormalizedNamed } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import { displayProgress } from '../format/progress.ts';
import { openFile } from '../open-file.ts';

/** @cli  Y  docker image import  "Import the contents from a tarball to create a filesystem image" */
export const importCommand: Command = {
  path: ['image', 'import'],
  async run(context) {
    const { flags, args, environment } = context;
    const [source = '', reference = ''] = args;
    const { name, body } = await archiveOf(context, source);
    // Only its form is looked at.
    if (reference !== '') parseNormalizedNamed(reference);
    const changes = flags.list('change');
    const query = {
      fromSrc: name,
      repo: reference || undefined,
      message: flags.string('message') || undefined,
      platform: flags.string('platform').toLowerCase() || undefined,
      changes: changes.length > 0 ? changes : undefined,
    };
    const call: CallOptions = body ? { query, body, headers: { 'Content-Type': 'text/plain' } } : { query };
    const messages = await (await context.api()).messages<ProgressMessage>('/images/create', { method: 'POST', ...call });
    await displayProgress(messages, environment.stdout, { clock: environment.clock });
  },
};

/** What the daemon reads itself has no body. */
async function archiveOf({ environment }: CommandContext, source: string): Promise<{ name: string; body?: AsyncIterable<Uint8Array> }> {
  if (source === '-') return { name: '-', body: environment.stdin.chunks() };
  if (/^https?:\/\//.test(source)) return { name: source };
  return { name: '-', body: await openFile(environment.files, source) };
}
