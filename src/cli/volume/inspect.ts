/** Shows what is known of volumes. */
import type { Command } from '../command.ts';
import { inspectAll } from '../inspect/inspector.ts';
import { objectPath } from '../object-path.ts';
import { responseText } from '../response-text.ts';

/** @cli  Y  docker volume inspect  "Display detailed information on one or more volumes" */
export const inspectCommand: Command = {
  path: ['volume', 'inspect'],
  async run(context) {
    const { flags, args } = context;
    await inspectAll(context, args, flags.string('format'), async (name) => {
      const text = await responseText(await context.api(), objectPath('volume', name));
      return { text, type: 'volume.Volume', asRead: true };
    });
  },
};
