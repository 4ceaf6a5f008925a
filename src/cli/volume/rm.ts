/** Removes volumes. Source: docker/cli cli/command/volume/remove.go. */
import type { Command } from '../command.ts';
import { objectPath } from '../object-path.ts';
import { removeEach } from '../remove-each.ts';

/** @cli  Y  docker volume rm  "Remove one or more volumes" */
export const rmCommand: Command = {
  path: ['volume', 'rm'],
  async run(context) {
    const query = { force: context.flags.bool('force') || undefined };
    await removeEach(context, async (name) => (await context.api()).delete(objectPath('volume', name), { query }));
  },
};
