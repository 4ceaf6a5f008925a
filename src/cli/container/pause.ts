/** Freezes every process of containers. */
import type { Command } from '../command.ts';
import { containerPath } from './container-path.ts';
import { eachContainer } from './each-container.ts';

/** @cli  Y  docker container pause  "Pause all processes within one or more containers" */
export const pauseCommand: Command = {
  path: ['container', 'pause'],
  run: (context) => eachContainer(context, context.args, async (name) => (await context.api()).post(containerPath(name, 'pause'))),
};
