/** Writes images as an archive. Source: docker/cli cli/command/image/save.go. */
import type { Command } from '../command.ts';
import { saveStream } from '../save-stream.ts';
import { platformQuery } from './platform-query.ts';

/** @cli  Y  docker image save  "Save one or more images to a tar archive (streamed to STDOUT by default)" */
export const saveCommand: Command = {
  path: ['image', 'save'],
  async run(context) {
    const { flags, args } = context;
    const query = { names: args, platform: platformQuery(flags.string('platform'), 'invalid platform: ') };
    const open = async (): Promise<AsyncIterable<Uint8Array>> => (await (await context.api()).stream('/images/get', { query })).chunks;
    await saveStream(context, flags.string('output'), open, 'failed to save image');
  },
};
