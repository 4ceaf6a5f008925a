/** `--platform` of the image commands: as JSON in the query, in the shape of the OCI specification. */
import { messageOf } from '#engine/errors.ts';
import { parsePlatform } from '../options/platform.ts';

/** @returns undefined when the flag was not given */
export function platformQuery(text: string): string | undefined {
  if (text === '') return undefined;
  const [os, architecture, variant] = parse(text).split('/');
  return JSON.stringify({ architecture, os, variant });
}

/** Only `docker run` and `docker create` say what they were doing. */
function parse(text: string): string {
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new Error(messageOf(error).replace(/^error parsing specified platform: /, ''), { cause: error });
  }
}
