/** Would upload a list of manifests. */
import type { Command } from '../command.ts';
import { noSuchManifest, parseListName } from './lists.ts';

/**
 * @flag  N[there are no lists]  docker manifest push  --insecure --purge
 * @cli  P[there are no lists]  docker manifest push  "Push a manifest list to a repository"
 */
export const pushCommand: Command = {
  path: ['manifest', 'push'],
  async run({ args }) {
    throw noSuchManifest(parseListName(args[0] ?? ''));
  },
};
