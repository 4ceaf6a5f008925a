/**
 * The client's own configuration, `config.json` in `DOCKER_CONFIG` or `~/.docker`: default formats,
 * detach keys. Only what a command of ours reads is listed.
 */
import { FileError, type CliEnvironment } from './environment.ts';
import { ExitError } from './exit-error.ts';
import { messageOf } from '#engine/errors.ts';

export interface ClientConfig {
  psFormat?: string;
  imagesFormat?: string;
  statsFormat?: string;
  networksFormat?: string;
  volumesFormat?: string;
  pluginsFormat?: string;
  detachKeys?: string;
  currentContext?: string;
}

export function configDirectory(environment: CliEnvironment): string {
  return environment.env.DOCKER_CONFIG || `${environment.env.HOME || '/root'}/.docker`;
}

export async function readClientConfig(environment: CliEnvironment, directory: string): Promise<ClientConfig> {
  const path = `${directory}/config.json`;
  let text: string;
  try {
    text = new TextDecoder().decode(await environment.files.read(path));
  } catch (error) {
    if (error instanceof FileError && ['ENOENT', 'ENOTDIR'].includes(error.code)) return {};
    throw new ExitError(1, `failed to load config: ${messageOf(error)}`);
  }
  try {
    return JSON.parse(text) as ClientConfig;
  } catch (error) {
    await environment.stderr.write(`WARNING: Error loading config file: ${path}: ${messageOf(error)}\n`);
    return {};
  }
}
