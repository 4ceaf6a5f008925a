/** The flags before the command: which daemon to talk to, where the client's configuration is. */
import type { CliEnvironment } from './environment.ts';
import { ExitError } from './exit-error.ts';
import type { ParsedFlags } from './flags/parse.ts';
import { configDirectory, type ClientConfig } from './client-config.ts';
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
 * Where the daemon is: `unix:///var/run/docker.sock`, `tcp://localhost:2375`. `--host`, else `--context`, else
 * `DOCKER_HOST`, else the context that `DOCKER_CONTEXT` or the configuration names. Of contexts there is only `default`.
 *
 * @throws ExitError
 */
export async function resolveHost(
  { hosts, context, tls }: GlobalOptions,
  environment: CliEnvironment,
  config: () => Promise<ClientConfig>,
): Promise<string> {
  if (hosts.length > 1) throw unresolved('Specify only one -H');
  if (tls) throw unresolved('connections with TLS are not available in this version of Drydock');
  const { DOCKER_HOST, DOCKER_CONTEXT } = environment.env;
  const named = context || (hosts.length > 0 || DOCKER_HOST ? '' : DOCKER_CONTEXT || (await config()).currentContext);
  if (named && named !== 'default') throw unresolved(`context "${named}": context not found`);
  try {
    return parseHost(hosts[0] ?? DOCKER_HOST ?? '');
  } catch (error) {
    throw unresolved(messageOf(error));
  }
}

function unresolved(reason: string): ExitError {
  return new ExitError(1, `Failed to initialize: unable to resolve docker endpoint: ${reason}`);
}
