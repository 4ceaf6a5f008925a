/** The flags before the command: which daemon to talk to, where the client's configuration is. */
import type { CliEnvironment } from './environment.ts';
import { ExitError } from './exit-error.ts';
import type { ParsedFlags } from './flags/parse.ts';
import { configDirectory, type ClientConfig } from './client-config.ts';
import { validateHost } from './context/endpoint-options.ts';
import { dockerEndpoint, type DockerEndpoint } from './context/metadata.ts';
import { DEFAULT_CONTEXT, type ContextStore } from './context/store.ts';
import { parseHost } from './options/host.ts';
import { messageOf } from '#engine/errors.ts';

export interface GlobalOptions {
  /** `--host`; more than one is refused when the daemon is needed. */
  hosts: string[];
  /** `--context`. */
  context: string;
  /** A flag or variable asks for an encrypted connection. */
  tls: boolean;
  configDirectory: string;
  debug: boolean;
}

const LOG_LEVELS = new Set(['debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic', 'trace']);

/** Flags that ask for an encrypted connection. */
const TLS_FLAGS = ['tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'];

/** @throws ExitError for what even `docker --help` does not accept */
export function readGlobals(flags: ParsedFlags, environment: CliEnvironment): GlobalOptions {
  const level = flags.string('log-level');
  if (!LOG_LEVELS.has(level.toLowerCase())) throw new ExitError(1, `Unable to parse logging level: ${level}`);
  const hosts = flags.list('host');
  const context = flags.string('context');
  if (hosts.length > 0 && context !== '') {
    throw new ExitError(1, 'conflicting options: cannot specify both --host and --context');
  }
  return {
    hosts,
    context,
    tls: Boolean(environment.env.DOCKER_TLS_VERIFY) || TLS_FLAGS.some((name) => flags.changed(name)),
    configDirectory: flags.changed('config') ? flags.string('config') : configDirectory(environment),
    debug: flags.bool('debug'),
  };
}

/**
 * The context in force: `--context`, else `default` beside a `--host` or `DOCKER_HOST`, else the one that `DOCKER_CONTEXT`
 * or the configuration names.
 */
export async function contextNameOf(
  { hosts, context }: GlobalOptions,
  { env }: CliEnvironment,
  config: () => Promise<ClientConfig>,
): Promise<string> {
  if (context !== '') return context;
  if (hosts.length > 0 || env.DOCKER_HOST) return DEFAULT_CONTEXT;
  return env.DOCKER_CONTEXT || (await config()).currentContext || DEFAULT_CONTEXT;
}

/** Where the daemon of the default context is. @throws Error with Docker's words */
export function defaultHost({ hosts, tls }: GlobalOptions, { env }: CliEnvironment): string {
  if (hosts.length > 1) throw new Error('Specify only one -H');
  return parseHost(hosts[0] ?? env.DOCKER_HOST ?? '', tls);
}

/**
 * Where the daemon of a context is: `unix:///var/run/docker.sock`, `tcp://localhost:2375`.
 *
 * @throws ExitError when there is no such context, or none that can be spoken to
 */
export async function resolveHost({ tls }: GlobalOptions, name: string, contexts: ContextStore): Promise<string> {
  let endpoint: DockerEndpoint;
  try {
    endpoint = dockerEndpoint(await contexts.get(name));
    const isSocket = endpoint.Host.startsWith('unix://') || endpoint.Host === '';
    const hasCertificates = !isSocket && (await contexts.tlsFileNames(name))['docker'] !== undefined;
    if (name === DEFAULT_CONTEXT ? tls : hasCertificates || (!isSocket && endpoint.SkipTLSVerify))
      throw new Error('connections with TLS are not available in this version of Drydock');
  } catch (error) {
    throw new ExitError(1, `Failed to initialize: unable to resolve docker endpoint: ${messageOf(error)}`, { cause: error });
  }
  const host = endpoint.Host || parseHost('');
  try {
    validateHost(host);
  } catch (error) {
    throw new ExitError(1, `Failed to initialize: ${messageOf(error)}`, { cause: error });
  }
  return host;
}
