/** Would make a list of manifests. */
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { parseListName } from './lists.ts';

/**
 * @flag  N[there are no lists]  docker manifest create  --amend --insecure
 * @cli  N[lists are not kept]  docker manifest create  "Create a local manifest list for annotating and pushing to a registry"
 */
export const createCommand: Command = {
  path: ['manifest', 'create'],
  async run({ args }) {
    const [list = '', ...manifests] = args;
    parseListName(list, 'error parsing name for manifest list');
    for (const name of manifests) parseListName(name);
    throw new ExitError(
      1,
      'making lists of manifests is not available in this version of Drydock: the engine reads them from a registry, and does not write them',
    );
  },
};
