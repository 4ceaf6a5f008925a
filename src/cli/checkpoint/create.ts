/** Saves a container's processes. Source: docker/cli cli/command/checkpoint/create.go. */
import type { Command } from '../command.ts';
import { containerPath } from '../container/container-path.ts';

/** @cli  P[the daemon is not experimental]  docker checkpoint create  "Create a checkpoint from a running container" */
export const createCommand: Command = {
  path: ['checkpoint', 'create'],
  async run(context) {
    const { flags, args } = context;
    const [container = '', checkpoint = ''] = args;
    const json = { CheckpointID: checkpoint, CheckpointDir: flags.string('checkpoint-dir'), Exit: !flags.bool('leave-running') };
    await (await context.api()).post(containerPath(container, 'checkpoints'), { json });
    await context.out(`${checkpoint}\n`);
  },
};
