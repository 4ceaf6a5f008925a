/** Changes settings of a plugin. */
import type { Command } from '../command.ts';
import { objectPath } from '../object-path.ts';

/** @cli  Y  docker plugin set  "Change settings for a plugin" */
export const setCommand: Command = {
  path: ['plugin', 'set'],
  async run(context) {
    const [name = '', ...settings] = context.args;
    await (await context.api()).post(objectPath('plugin', name, 'set'), { json: settings });
  },
};
