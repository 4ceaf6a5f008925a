/** Placeholder until the image commands' pull is there. */
import { familiarName, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';

export async function pullImage(
  context: CommandContext,
  image: string,
  { platform, quiet }: { platform: string; quiet: boolean },
): Promise<void> {
  const reference = tagNameOnly(parseNormalizedNamed(image));
  const query = {
    fromImage: familiarName(reference),
    tag: reference.digest ?? reference.tag,
    platform: platform.toLowerCase() || undefined,
  };
  const messages = await (
    await context.api()
  ).messages<{ status?: string; id?: string; error?: string }>('/images/create', { method: 'POST', query });
  for await (const message of messages) {
    if (message.error) throw new ExitError(1, message.error);
    if (!quiet && message.status) await context.err(`${message.id ? `${message.id}: ` : ''}${message.status}\n`);
  }
}
