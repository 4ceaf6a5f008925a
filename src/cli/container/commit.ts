/** Makes an image of what a container has changed. Source: docker/cli cli/command/container/commit.go. */
import { fullName, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';

/** @cli  Y  docker container commit  "Create a new image from a container's changes" */
export const commitCommand: Command = {
  path: ['container', 'commit'],
  async run(context) {
    const { flags, args } = context;
    const container = args[0]?.trim() ?? '';
    if (container === '') throw new ExitError(1, 'invalid container name or ID: value is empty');
    const changes = flags.list('change');
    const query = {
      container,
      ...named(args[1] ?? ''),
      comment: flags.string('message'),
      author: flags.string('author'),
      changes: changes.length > 0 ? changes : undefined,
      pause: flags.bool('pause') ? undefined : false,
    };
    const { Id } = await (await context.api()).post<{ Id: string }>('/commit', { query });
    await context.out(`${Id}\n`);
  },
};

function named(text: string): { repo: string; tag: string } {
  if (text === '') return { repo: '', tag: '' };
  const reference = parseNormalizedNamed(text);
  if (reference.digest !== undefined) throw new ExitError(1, 'refusing to create a tag with a digest reference');
  return { repo: fullName(reference), tag: tagNameOnly(reference).tag ?? '' };
}
