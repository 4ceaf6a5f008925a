/** Forgets what was saved of a container's processes. */
import type { Command } from '../command.ts';
import { containerPath } from '../container/container-path.ts';

/** @cli  P[the daemon is not experimental]  docker checkpoint rm  "Remove a checkpoint" */
export const rmCommand: Command = {
  path: ['checkpoint', 'rm'],
  async run(context) {
    const [container = '', checkpoint = ''] = context.args;
    const query = { dir: context.flags.string('checkpoint-dir') || undefined };
    await (await context.api()).delete(containerPath(container, `checkpoints/${checkpoint}`), { query });
  },
};
