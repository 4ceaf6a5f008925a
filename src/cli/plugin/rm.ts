/** Removes plugins. */
import type { Command } from '../command.ts';
import { objectPath } from '../object-path.ts';
import { removeEach } from '../remove-each.ts';

/** @cli  Y  docker plugin rm  "Remove one or more plugins" */
export const rmCommand: Command = {
  path: ['plugin', 'rm'],
  async run(context) {
    const query = { force: context.flags.bool('force') || undefined };
    await removeEach(context, async (name) => (await context.api()).delete(objectPath('plugin', name), { query }));
  },
};
