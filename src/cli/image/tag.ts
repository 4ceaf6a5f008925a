/** Gives an image one more name. Source: docker/cli cli/command/image/tag.go. */
import { messageOf } from '#engine/errors.ts';
import { fullName, parseAnyReference, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';

/** @cli  Y  docker image tag  "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE" */
export const tagCommand: Command = {
  path: ['image', 'tag'],
  async run(context) {
    const [source = '', target = ''] = context.args;
    checked(source, parseAnyReference);
    const reference = checked(target, parseNormalizedNamed);
    if (reference.digest !== undefined) throw new ExitError(1, 'refusing to create a tag with a digest reference');
    const tagged = tagNameOnly(reference);
    await (await context.api()).post(`/images/${source}/tag`, { query: { repo: fullName(tagged), tag: tagged.tag } });
  },
};

function checked<T>(text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw new ExitError(1, `Error parsing reference: "${text}" is not a valid repository/tag: ${messageOf(error)}`, { cause: error });
  }
}
