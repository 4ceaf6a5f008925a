/** Would add to what a list of manifests says of an image. Source: docker/cli cli/command/manifest/annotate.go. */
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { parseListName } from './lists.ts';

/**
 * @flag  N[there are no lists]  docker manifest annotate  --os --os-features --os-version --variant --arch
 * @cli  P[there are no lists]  docker manifest annotate  "Add additional information to a local image manifest"
 */
export const annotateCommand: Command = {
  path: ['manifest', 'annotate'],
  async run({ args }) {
    const [list = '', manifest = ''] = args;
    parseListName(list, 'annotate: error parsing name for manifest list');
    parseListName(manifest, 'annotate: error parsing name for manifest');
    throw new ExitError(1, `manifest for image ${manifest} does not exist in ${list}`);
  },
};
