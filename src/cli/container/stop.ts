/** Asks containers to end, and makes them when they do not in time. */
import type { Command } from '../command.ts';
import { containerPath } from './container-path.ts';
import { eachContainer } from './each-container.ts';
import { stopQuery } from './stop-timeout.ts';

/** @cli  Y  docker container stop  "Stop one or more running containers" */
export const stopCommand: Command = {
  path: ['container', 'stop'],
  async run(context) {
    const query = stopQuery(context.flags);
    await eachContainer(context, context.args, async (name) => (await context.api()).post(containerPath(name, 'stop'), { query }));
  },
};
