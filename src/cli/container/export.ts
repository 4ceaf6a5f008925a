/** Writes a container's file system as an archive. Source: docker/cli cli/command/container/export.go. */
import type { Command } from '../command.ts';
import { saveStream } from '../save-stream.ts';
import { containerPath } from './container-path.ts';

/** @cli  Y  docker container export  "Export a container's filesystem as a tar archive" */
export const exportCommand: Command = {
  path: ['container', 'export'],
  async run(context) {
    const { flags, args } = context;
    const open = async (): Promise<AsyncIterable<Uint8Array>> =>
      (await (await context.api()).stream(containerPath(args[0] ?? '', 'export'))).chunks;
    await saveStream(context, flags.string('output'), open, 'failed to export container');
  },
};
