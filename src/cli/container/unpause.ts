/** Lets frozen containers go on. */
import type { Command } from '../command.ts';
import { containerPath } from './container-path.ts';
import { eachContainer } from './each-container.ts';

/** @cli  Y  docker container unpause  "Unpause all processes within one or more containers" */
export const unpauseCommand: Command = {
  path: ['container', 'unpause'],
  run: (context) => eachContainer(context, context.args, async (name) => (await context.api()).post(containerPath(name, 'unpause'))),
};
