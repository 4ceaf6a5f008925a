/** The flags before the command: which daemon to talk to, where the client's configuration is. */
import type { CliEnvironment } from './environment.ts';
import { ExitError } from './exit-error.ts';
import type { ParsedFlags } from './flags/parse.ts';
import { configDirectory } from './client-config.ts';
import { parseHost } from './options/host.ts';
import { messageOf } from '#engine/errors.ts';

export interface GlobalOptions {
  /** `unix:///var/run/docker.sock`, `tcp://localhost:2375`. */
  host: string;
  configDirectory: string;
  debug: boolean;
}

const LOG_LEVELS = new Set(['debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic', 'trace']);

/** Flags and variables that ask for an encrypted connection. */
const TLS_FLAGS = ['tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'];

export function readGlobals(flags: ParsedFlags, environment: CliEnvironment): GlobalOptions {
  const level = flags.string('log-level');
  if (!LOG_LEVELS.has(level.toLowerCase())) throw new ExitError(1, `Unable to parse logging level: ${level}`);
  return {
    host: hostOf(flags, environment),
    configDirectory: flags.changed('config') ? flags.string('config') : configDirectory(environment),
    debug: flags.bool('debug'),
  };
}

/** `--host`, else `DOCKER_HOST`, else the socket. Of contexts there is only `default`. */
function hostOf(flags: ParsedFlags, environment: CliEnvironment): string {
  const hosts = flags.list('host');
  const context =
    flags.string('context') || (hosts.length === 0 && !environment.env.DOCKER_HOST ? (environment.env.DOCKER_CONTEXT ?? '') : '');
  if (hosts.length > 0 && context !== '') {
    throw new ExitError(1, 'conflicting options: cannot specify both --host and --context');
  }
  if (hosts.length > 1) throw unresolved('Specify only one -H');
  if (environment.env.DOCKER_TLS_VERIFY || TLS_FLAGS.some((name) => flags.changed(name))) {
    throw unresolved('connections with TLS are not available in this version of Drydock');
  }
  if (context !== '' && context !== 'default') throw unresolved(`context "${context}": context not found`);
  try {
    return parseHost(hosts[0] ?? environment.env.DOCKER_HOST ?? '');
  } catch (error) {
    throw unresolved(messageOf(error));
  }
}

function unresolved(reason: string): ExitError {
  return new ExitError(1, `Failed to initialize: unable to resolve docker endpoint: ${reason}`);
}
