/** Takes images out of an archive. Source: docker/cli cli/command/image/load.go. */
import { jsonDocuments } from '#engine/api/client.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import type { Command, CommandContext } from '../command.ts';
import { displayProgress } from '../format/progress.ts';
import { openFile } from '../open-file.ts';
import { platformQuery } from './platform-query.ts';

/** @cli  Y  docker image load  "Load an image from a tar archive or STDIN" */
export const loadCommand: Command = {
  path: ['image', 'load'],
  async run(context) {
    const { flags, environment } = context;
    const body = await archiveOf(context);
    const quiet = flags.bool('quiet') || !environment.stdout.isTerminal;
    const query = { quiet, platform: platformQuery(flags.string('platform'), 'invalid platform: ') };
    const headers = { 'Content-Type': 'application/x-tar' };
    const { chunks, contentType } = await (await context.api()).stream('/images/load', { method: 'POST', query, headers, body });
    if (contentType === 'application/json') {
      await displayProgress(jsonDocuments<ProgressMessage>(chunks), environment.stdout, { clock: environment.clock });
      return;
    }
    for await (const chunk of chunks) await environment.stdout.write(chunk);
  },
};

async function archiveOf({ flags, environment }: CommandContext): Promise<AsyncIterable<Uint8Array>> {
  const path = flags.string('input');
  if (path !== '') return await openFile(environment.files, path);
  if (environment.stdin.isTerminal) throw new Error('requested load from stdin, but stdin is empty');
  return environment.stdin.chunks();
}
