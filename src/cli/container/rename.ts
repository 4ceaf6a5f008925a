/** Gives a container another name. */
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container rename  "Rename a container" */
export const renameCommand: Command = {
  path: ['container', 'rename'],
  async run(context) {
    const [oldName = '', newName = ''] = context.args.map((arg) => arg.trim());
    if (oldName === '' || newName === '') throw new ExitError(1, 'Error: Neither old nor new names may be empty');
    try {
      await (await context.api()).post(containerPath(oldName, 'rename'), { query: { name: newName } });
    } catch (error) {
      await context.err(`${errorLine(error)}\n`);
      throw new ExitError(1, `Error: failed to rename container named ${oldName}`, { cause: error });
    }
  },
};
