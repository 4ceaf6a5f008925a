/** Shows which buildx this is: the one whose words, flags and formats it keeps to. Source: docker/buildx commands/version.go. */
import type { Command } from '../command.ts';
import { CLIENT_BUILD } from '../version.ts';

const BUILDX_VERSION = 'v0.25.0';

/** @cli  Y  docker buildx version  "Show buildx version information" */
export const versionCommand: Command = {
  path: ['buildx', 'version'],
  async run(context) {
    await context.out(`github.com/docker/buildx ${BUILDX_VERSION} ${CLIENT_BUILD.GitCommit}\n`);
  },
};
