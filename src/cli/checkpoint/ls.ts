/** Lists what is saved of a container's processes. Source: docker/cli cli/command/checkpoint/{list,formatter}.go. */
import type { Command } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { formatRows, type RowKind } from '../format/formatter.ts';

interface Checkpoint {
  Name: string;
}

export const CHECKPOINT_TABLE = 'table {{.Name}}';

export const CHECKPOINT_KIND: RowKind<Checkpoint> = {
  type: '*checkpoint.checkpointContext',
  headers: { Name: 'CHECKPOINT NAME' },
  values: { Name: ({ Name }) => Name },
};

/** @cli  P[the daemon is not experimental]  docker checkpoint ls  "List checkpoints for a container" */
export const lsCommand: Command = {
  path: ['checkpoint', 'ls'],
  async run(context) {
    const { flags, args } = context;
    const query = { dir: flags.string('checkpoint-dir') || undefined };
    const checkpoints = await (await context.api()).get<Checkpoint[]>(containerPath(args[0] ?? '', 'checkpoints'), { query });
    await context.out(formatRows(CHECKPOINT_TABLE, checkpoints, CHECKPOINT_KIND));
  },
};
