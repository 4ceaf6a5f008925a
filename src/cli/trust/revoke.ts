/** Would take signatures back. Source: docker/cli cli/command/trust/revoke.go. */
import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseNormalizedNamed } from '#engine/oci/reference.ts';
import { refuse } from './refusal.ts';

/** @cli  N[there is no notary server]  docker trust revoke  "Remove trust for an image" */
export const revokeCommand: Command = {
  path: ['trust', 'revoke'],
  async run(context) {
    const [image = ''] = context.args;
    const reference = parseNormalizedNamed(image);
    const isWhole = reference.tag === undefined && !context.flags.bool('yes');
    // A no is no failure.
    if (isWhole && !(await confirm(context, `Confirm you would like to delete all signature data for ${image}?`))) return;
    refuse();
  },
};
