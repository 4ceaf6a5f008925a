/** Shows what is known of a builder. Source: docker/buildx commands/inspect.go. */
import type { Command } from '../command.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { BUILDER, BUILDKIT_VERSION, checkBuilder, PLATFORM } from './only-builder.ts';

const BLANKS = { minWidth: 0, padding: 1, padCharacter: ' ' };

/** @cli  P[no garbage collection policy]  docker buildx inspect  "Inspect current builder instance" */
export const inspectCommand: Command = {
  path: ['buildx', 'inspect'],
  async run(context) {
    checkBuilder(context, context.args[0]);
    await context.api();
    const head = `Name:\t${BUILDER}\nDriver:\tdocker\n\nNodes:\n`;
    const node = `Name:\t${BUILDER}\nEndpoint:\t${BUILDER}\nStatus:\trunning\nBuildKit version:\t${BUILDKIT_VERSION}\nPlatforms:\t${PLATFORM}\n`;
    await context.out(alignColumns(head + node, BLANKS));
  },
};
