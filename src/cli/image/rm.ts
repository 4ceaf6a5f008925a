/** Removes images, or names of them. Source: docker/cli cli/command/image/remove.go. */
import { ApiError } from '#engine/api/client.ts';
import type { ImageDeleted } from '#engine/api/types/image.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { platformQuery } from './platform-query.ts';

/** @cli  Y  docker image rm  "Remove one or more images" */
export const rmCommand: Command = {
  path: ['image', 'rm'],
  async run(context) {
    const { flags, args } = context;
    const force = flags.bool('force');
    const platforms = flags.list('platform').flatMap((platform) => platformQuery(platform) ?? []);
    const query = {
      force: force || undefined,
      noprune: flags.bool('no-prune') || undefined,
      platforms: platforms.length > 0 ? platforms : undefined,
    };
    const api = await context.api();
    const problems: string[] = [];
    let fatal = false;
    for (const name of args) {
      try {
        const removed = await api.delete<ImageDeleted[]>(`/images/${name}`, { query });
        await context.out(removed.map(lineOf).join(''));
      } catch (error) {
        // What is not there need not be removed: with --force that is no failure.
        fatal ||= !(error instanceof ApiError && error.status === 404);
        problems.push(errorLine(error));
      }
    }
    if (problems.length === 0) return;
    if (!force || fatal) throw new ExitError(1, problems.join('\n'));
    await context.err(`${problems.join('\n')}\n`);
  },
};

function lineOf({ Deleted, Untagged }: ImageDeleted): string {
  return Deleted ? `Deleted: ${Deleted}\n` : `Untagged: ${Untagged ?? ''}\n`;
}
