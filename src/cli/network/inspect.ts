/** Shows what is known of networks. */
import type { Command } from '../command.ts';
import { inspectAll } from '../inspect/inspector.ts';
import { objectPath } from '../object-path.ts';
import { responseText } from '../response-text.ts';

/** @cli  Y  docker network inspect  "Display detailed information on one or more networks" */
export const inspectCommand: Command = {
  path: ['network', 'inspect'],
  async run(context) {
    const { flags, args } = context;
    const query = { verbose: flags.bool('verbose') ? 'true' : undefined };
    await inspectAll(context, args, flags.string('format'), async (name) => {
      const text = await responseText(await context.api(), objectPath('network', name), { query });
      return { text, type: 'network.Inspect' };
    });
  },
};
