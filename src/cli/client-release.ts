/**
 * Which Docker client the command line is: what the package `docker-ce-cli` that is installed says, read at each call.
 * Where there is none, as in a container that has the engine's socket, it is the newest.
 */
import { compareVersions } from '#engine/api/version.ts';
import { messageOf } from '#engine/errors.ts';
import { FileError, type CliEnvironment } from './environment.ts';
import { ExitError } from './exit-error.ts';
import { CLIENT_API_VERSION, CLIENT_BUILD, CLIENT_VERSION } from './version.ts';

export interface ClientRelease {
  /** `28.2.2`. */
  version: string;
  /** The newest that it speaks. */
  apiVersion: string;
  gitCommit: string;
  buildTime: string;
}

export const newestClient: ClientRelease = {
  version: CLIENT_VERSION,
  apiVersion: CLIENT_API_VERSION,
  gitCommit: CLIENT_BUILD.GitCommit,
  buildTime: CLIENT_BUILD.BuildTime,
};

const PATH = '/usr/lib/docker/cli.json';
const MAX_BYTES = 4096;

const known = new WeakMap<CliEnvironment, Promise<ClientRelease>>();

/** Read once for a command. */
export function clientRelease(environment: CliEnvironment): Promise<ClientRelease> {
  let release = known.get(environment);
  if (!release) known.set(environment, (release = read(environment)));
  return release;
}

async function read({ files }: CliEnvironment): Promise<ClientRelease> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(PATH);
  } catch (error) {
    if (error instanceof FileError && error.code === 'ENOENT') return newestClient;
    throw error;
  }
  try {
    if (bytes.length > MAX_BYTES) throw new Error('it is too large');
    return parseClientRelease(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new ExitError(1, `the client's release cannot be read: ${PATH}: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws Error that says what is wrong */
export function parseClientRelease(text: string): ClientRelease {
  const read: unknown = JSON.parse(text);
  if (typeof read !== 'object' || read === null) throw new Error('it is no object');
  const field = (name: string, form: RegExp): string => {
    const value = (read as Record<string, unknown>)[name] ?? '';
    if (typeof value !== 'string' || !form.test(value)) throw new Error(`${name} is not valid`);
    return value;
  };
  const release = {
    version: field('version', /^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
    apiVersion: field('apiVersion', /^1\.\d{1,3}$/),
    gitCommit: field('gitCommit', /^[\w.-]{0,64}$/),
    buildTime: field('buildTime', /^[\w:.+-]{0,64}$/),
  };
  if (compareVersions(release.apiVersion, CLIENT_API_VERSION) > 0) throw new Error(`apiVersion ${release.apiVersion} is not known`);
  return release;
}

export function versionLine({ version, gitCommit }: ClientRelease): string {
  return `Docker version ${version}, build ${gitCommit}\n`;
}
