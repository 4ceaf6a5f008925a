/** Lists the processes in a container. */
import type { ContainerTop } from '#engine/api/types/container.ts';
import type { Command } from '../command.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container top  "Display the running processes of a container" */
export const topCommand: Command = {
  path: ['container', 'top'],
  async run(context) {
    const [name = '', ...options] = context.args;
    const query = { ps_args: options.length > 0 ? options.join(' ') : undefined };
    const { Titles, Processes } = await (await context.api()).get<ContainerTop>(containerPath(name, 'top'), { query });
    const lines = [Titles, ...Processes].map((cells) => `${cells.join('\t')}\n`);
    await context.out(alignColumns(lines.join(''), { minWidth: 20, padding: 3, padCharacter: ' ' }));
  },
};
