/** `--platform` of the image commands: as JSON in the query, in the shape of the OCI specification. */
import { messageOf } from '#engine/errors.ts';
import { parsePlatform } from '../options/platform.ts';

/** @returns undefined when the flag was not given @param prefix what the command says before an error */
export function platformQuery(text: string, prefix = ''): string | undefined {
  if (text === '') return undefined;
  const [os, architecture, variant] = parse(text, prefix).split('/');
  return JSON.stringify({ architecture, os, variant });
}

function parse(text: string, prefix: string): string {
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new Error(prefix + messageOf(error), { cause: error });
  }
}
