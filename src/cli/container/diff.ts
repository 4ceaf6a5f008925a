/** Lists what a container has changed of its image's files. Source: docker/cli cli/command/container/diff.go. */
import type { ContainerChange } from '#engine/api/types/container.ts';
import type { Command } from '../command.ts';
import { containerPath } from './container-path.ts';

/** Changed, added, deleted: by the number that the API gives. */
const LETTERS = ['C', 'A', 'D'];

/** @cli  Y  docker container diff  "Inspect changes to files or directories on a container's filesystem" */
export const diffCommand: Command = {
  path: ['container', 'diff'],
  async run(context) {
    const [name = ''] = context.args;
    if (name === '') throw new Error('Container name cannot be empty');
    const changes = await (await context.api()).get<ContainerChange[] | null>(containerPath(name, 'changes'));
    await context.out((changes ?? []).map(({ Kind, Path }) => `${LETTERS[Kind] ?? ''} ${Path}\n`).join(''));
  },
};
