/** Would remove lists of manifests. */
import type { Command } from '../command.ts';
import { removeEach } from '../remove-each.ts';
import { noSuchManifest, parseListName } from './lists.ts';

/** @cli  P[there are no lists]  docker manifest rm  "Delete one or more manifest lists from local storage" */
export const rmCommand: Command = {
  path: ['manifest', 'rm'],
  async run(context) {
    await removeEach(context, async (name) => {
      throw noSuchManifest(parseListName(name));
    });
  },
};
