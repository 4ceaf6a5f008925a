/** Prints the current context's name, whether there is one of that name or not. */
import type { Command } from '../command.ts';

/** @cli  Y  docker context show  "Print the name of the current context" */
export const showCommand: Command = {
  path: ['context', 'show'],
  run: async (context) => await context.out(`${await context.contextName()}\n`),
};
