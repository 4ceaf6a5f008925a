/** Shows what is known of plugins. */
import type { Command } from '../command.ts';
import { inspectAll } from '../inspect/inspector.ts';
import { objectPath } from '../object-path.ts';
import { responseText } from '../response-text.ts';

/** @cli  Y  docker plugin inspect  "Display detailed information on one or more plugins" */
export const inspectCommand: Command = {
  path: ['plugin', 'inspect'],
  async run(context) {
    const { flags, args } = context;
    await inspectAll(context, args, flags.string('format'), async (name) => {
      return { text: await responseText(await context.api(), objectPath('plugin', name, 'json')), type: 'types.Plugin' };
    });
  },
};
