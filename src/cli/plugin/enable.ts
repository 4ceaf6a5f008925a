/** Switches a plugin on. Source: docker/cli cli/command/plugin/enable.go. */
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { objectPath } from '../object-path.ts';

/** @cli  Y  docker plugin enable  "Enable a plugin" */
export const enableCommand: Command = {
  path: ['plugin', 'enable'],
  async run(context) {
    const [name = ''] = context.args;
    const timeout = context.flags.number('timeout');
    if (timeout < 0) throw new ExitError(1, `negative timeout ${timeout} is invalid`);
    await (await context.api()).post(objectPath('plugin', name, 'enable'), { query: { timeout } });
    await context.out(`${name}\n`);
  },
};
