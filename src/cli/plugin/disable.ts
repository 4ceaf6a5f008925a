/** Switches a plugin off. */
import type { Command } from '../command.ts';
import { objectPath } from '../object-path.ts';

/** @cli  Y  docker plugin disable  "Disable a plugin" */
export const disableCommand: Command = {
  path: ['plugin', 'disable'],
  async run(context) {
    const [name = ''] = context.args;
    const query = { force: context.flags.bool('force') || undefined };
    await (await context.api()).post(objectPath('plugin', name, 'disable'), { query });
    await context.out(`${name}\n`);
  },
};
