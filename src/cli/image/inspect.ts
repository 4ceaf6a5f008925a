/** Shows what is known of images. Source: docker/cli cli/command/image/inspect.go. */
import type { Command, CommandContext } from '../command.ts';
import { inspectAll, type Inspected } from '../inspect/inspector.ts';
import { responseText } from '../response-text.ts';
import { platformQuery } from './platform-query.ts';

/** @cli  Y  docker image inspect  "Display detailed information on one or more images" */
export const inspectCommand: Command = {
  path: ['image', 'inspect'],
  async run(context) {
    const { flags, args } = context;
    const platform = platformQuery(flags.string('platform'));
    await inspectAll(context, args, flags.string('format'), (name) => inspectImage(context, name, platform));
  },
};

/** @param platform as JSON, or undefined for the daemon's choice */
export async function inspectImage(context: CommandContext, name: string, platform?: string): Promise<Inspected> {
  const text = await responseText(await context.api(), imagePath(name), { query: { platform } });
  return { text, type: 'image.InspectResponse' };
}

/** @throws Error for an empty name, which Docker's client does not ask for */
export function imagePath(name: string): string {
  if (name === '') throw new Error('Error: No such image: ');
  return `/images/${name}/json`;
}
