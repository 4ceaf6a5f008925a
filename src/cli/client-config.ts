/**
 * The client's own configuration, `config.json` in `DOCKER_CONFIG` or `~/.docker`: default formats, detach keys,
 * proxies. Only what a command of ours reads is listed. A file that cannot be used is warned of and ends nothing.
 * Source: docker/cli cli/config.
 */
import { firstJsonValue } from '#engine/api/go-json.ts';
import { decode, stringMap, strings, type Shape } from '#engine/api/shape.ts';
import { messageOf } from '#engine/errors.ts';
import { FileError, type CliEnvironment } from './environment.ts';
import { openError } from './options/open-error.ts';

export interface ClientConfig {
  psFormat?: string;
  imagesFormat?: string;
  statsFormat?: string;
  networksFormat?: string;
  volumesFormat?: string;
  pluginsFormat?: string;
  detachKeys?: string;
  currentContext?: string;
  /** `name=value`, as if given to `--filter` of every prune. */
  pruneFilters?: string[];
  /** Credentials by the registry's host, or address of old. */
  auths?: Record<string, StoredAuth>;
  /** By the daemon's host, or `default`. */
  proxies?: Record<string, ProxyConfig>;
}

/** Credentials as the file has them. */
export interface StoredAuth {
  /** `name:password` in base64. */
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

export interface ProxyConfig {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
  ftpProxy?: string;
  allProxy?: string;
}

const SHAPE: Shape = {
  struct: {
    psFormat: 'string',
    imagesFormat: 'string',
    statsFormat: 'string',
    networksFormat: 'string',
    volumesFormat: 'string',
    pluginsFormat: 'string',
    detachKeys: 'string',
    currentContext: 'string',
    pruneFilters: strings,
    auths: {
      map: { struct: { auth: 'string', username: 'string', password: 'string', identitytoken: 'string', registrytoken: 'string' } },
    },
    proxies: { map: stringMap },
  },
};

export function configDirectory(environment: CliEnvironment): string {
  return environment.env.DOCKER_CONFIG || `${environment.env.HOME || '/root'}/.docker`;
}

export async function readClientConfig(environment: CliEnvironment, directory: string): Promise<ClientConfig> {
  const path = `${directory}/config.json`;
  const warn = (problem: string): Promise<void> => environment.stderr.write(`WARNING: Error ${problem}\n`);
  let text: string;
  try {
    text = new TextDecoder().decode(await environment.files.read(path));
  } catch (error) {
    if (error instanceof FileError && error.code === 'ENOENT') return {};
    const problem = openError(path, error).message;
    await warn(problem.startsWith('read ') ? `parsing config file (${path}): ${problem}` : `loading config file: ${problem}`);
    return {};
  }
  const { config, problem } = parseConfig(text);
  if (problem !== undefined) await warn(`parsing config file (${path}): ${problem}`);
  return config;
}

/** What can be used of the text, and the first thing that is wrong with it. */
function parseConfig(text: string): { config: ClientConfig; problem?: string } {
  if (text.trim() === '') return { config: {} };
  let document: unknown;
  try {
    document = firstJsonValue(text);
  } catch (error) {
    return { config: {}, problem: messageOf(error) };
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { config: {}, problem: wrongDocument(document) };
  }
  let problem: string | undefined;
  const config: ClientConfig = {};
  for (const [name, value] of Object.entries(document)) {
    try {
      if (value !== null) Object.assign(config, decode<ClientConfig>({ [name]: value }, SHAPE, 'ConfigFile'));
    } catch (error) {
      problem ??= messageOf(error);
    }
  }
  return { config, problem };
}

function wrongDocument(document: unknown): string | undefined {
  if (document === null) return undefined;
  const kind = Array.isArray(document) ? 'array' : typeof document === 'boolean' ? 'bool' : typeof document;
  return `json: cannot unmarshal ${kind} into Go value of type configfile.ConfigFile`;
}
