/** Stops containers and starts them again, one after the other. */
import type { Command } from '../command.ts';
import { containerPath } from './container-path.ts';
import { eachContainer } from './each-container.ts';
import { stopQuery } from './stop-timeout.ts';

/** @cli  Y  docker container restart  "Restart one or more containers" */
export const restartCommand: Command = {
  path: ['container', 'restart'],
  async run(context) {
    const query = stopQuery(context.flags);
    const restart = async (name: string): Promise<void> => (await context.api()).post(containerPath(name, 'restart'), { query });
    await eachContainer(context, context.args, restart, { sequential: true });
  },
};
