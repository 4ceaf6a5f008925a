/**
 * Writes the client's `config.json` anew, beside itself and then in its place, as only its owner can read it.
 * Source: docker/cli cli/config/configfile/file.go, Save.
 */
import { firstJsonValue } from '#engine/api/go-json.ts';
import type { CommandContext } from './command.ts';
import { FileError } from './environment.ts';

export function configPath({ configDirectory }: CommandContext): string {
  return `${configDirectory}/config.json`;
}

/** Changes the document; what it does not touch stays. Docker always writes `auths`, first. */
export async function changeConfig(context: CommandContext, change: (document: Record<string, unknown>) => void): Promise<void> {
  const { files, clock } = context.environment;
  const path = configPath(context);
  const document: Record<string, unknown> = { auths: {}, ...(await readDocument(context, path)) };
  change(document);
  const text = JSON.stringify(document, undefined, '\t');
  await files.makeDirectory(context.configDirectory, 0o700);
  const mode = await files.stat(path).then(
    (status) => status.mode & 0o777,
    () => 0o600,
  );
  const temporary = `${path}${clock.now()}`;
  await files.write(temporary, new TextEncoder().encode(text), mode);
  await files.setMode(temporary, mode);
  await files.rename(temporary, path);
}

/** What is in the file; nothing when it cannot be used, of which reading the configuration has warned. */
async function readDocument({ environment }: CommandContext, path: string): Promise<Record<string, unknown>> {
  try {
    const document = firstJsonValue(new TextDecoder().decode(await environment.files.read(path)));
    return typeof document === 'object' && document !== null && !Array.isArray(document) ? (document as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof FileError && error.code !== 'ENOENT') throw error;
    return {};
  }
}
