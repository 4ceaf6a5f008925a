/** Sends a signal to containers. */
import type { Command } from '../command.ts';
import { containerPath } from './container-path.ts';
import { eachContainer } from './each-container.ts';

/** @cli  Y  docker container kill  "Kill one or more running containers" */
export const killCommand: Command = {
  path: ['container', 'kill'],
  async run(context) {
    // Without one the daemon takes KILL.
    const signal = context.flags.string('signal') || undefined;
    await eachContainer(context, context.args, async (name) =>
      (await context.api()).post(containerPath(name, 'kill'), { query: { signal } }),
    );
  },
};
