/** Waits until containers are not running, and prints their exit codes. */
import type { ContainerWait } from '#engine/api/types/container.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container wait  "Block until one or more containers stop, then print their exit codes" */
export const waitCommand: Command = {
  path: ['container', 'wait'],
  async run(context) {
    const problems: string[] = [];
    for (const name of context.args) {
      try {
        const { StatusCode } = await (await context.api()).post<ContainerWait>(containerPath(name, 'wait'));
        await context.out(`${StatusCode}\n`);
      } catch (error) {
        problems.push(errorLine(error));
      }
    }
    if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
  },
};
