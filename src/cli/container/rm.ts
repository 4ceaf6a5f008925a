/** Removes containers. */
import { ApiError } from '#engine/api/client.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { containerPath } from './container-path.ts';
import { eachContainer } from './each-container.ts';

/** @cli  Y  docker container rm  "Remove one or more containers" */
export const rmCommand: Command = {
  path: ['container', 'rm'],
  async run(context) {
    const { flags } = context;
    const force = flags.bool('force');
    const query = { v: flags.bool('volumes') || undefined, link: flags.bool('link') || undefined, force: force || undefined };
    const remove = async (given: string): Promise<void> => {
      const name = given.replace(/^\/+|\/+$/g, '');
      if (name === '') throw new ExitError(1, 'container name cannot be empty');
      await (await context.api()).delete(containerPath(name), { query });
    };
    // What is gone already is removed enough for --force.
    const forgive = (error: unknown): boolean => force && error instanceof ApiError && error.status === 404;
    await eachContainer(context, context.args, remove, { forgive });
  },
};
