/** Shows what is known of containers. */
import type { Command, CommandContext } from '../command.ts';
import { inspectAll, type Inspected } from '../inspect/inspector.ts';
import { responseText } from '../response-text.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container inspect  "Display detailed information on one or more containers" */
export const inspectCommand: Command = {
  path: ['container', 'inspect'],
  async run(context) {
    const { flags, args } = context;
    await inspectAll(context, args, flags.string('format'), (name) => inspectContainer(context, name, flags.bool('size')));
  },
};

/** @param size asks for the sizes too, which take the daemon a while */
export async function inspectContainer(context: CommandContext, name: string, size: boolean): Promise<Inspected> {
  const path = containerPath(name, 'json');
  const text = await responseText(await context.api(), path, { query: { size: size ? 1 : undefined } });
  return { text, type: 'container.InspectResponse' };
}
