/**
 * What commands and flags need of the daemon: its system, experimental features, a swarm. Help leaves out
 * what the daemon that answers does not have; using it all the same is refused. Without a daemon all is shown.
 * Source: docker/cli cmd/docker/docker.go, hideUnsupportedFeatures and isSupported.
 *
 * @flag  N[for daemons on Windows: refused in Docker's words]  docker container run, docker container create  --cpu-count --cpu-percent --io-maxbandwidth --io-maxiops
 * @flag  N[the daemon is not experimental: refused in Docker's words]  docker container start  --checkpoint --checkpoint-dir
 */
import { ApiClient } from '#engine/api/client.ts';
import { atLeast } from '#engine/api/version.ts';
import { wantedApiVersion } from '../connection.ts';
import type { CliEnvironment } from '../environment.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import type { HelpEntry, Need } from './help-data.ts';
import { commandPath } from './usage.ts';

export interface DaemonFeatures {
  /** `linux`. */
  osType: string;
  experimental: boolean;
  /** As the daemon says it: `inactive`, `active/manager`; empty when it does not say. */
  swarm: string;
  /** The API version that client and daemon speak with each other; empty when there is no daemon. */
  apiVersion: string;
}

/** Asks the daemon; undefined when none answers. Where there cannot be one, there are no experiments either. */
export async function askDaemon(environment: CliEnvironment, host: () => Promise<string>): Promise<DaemonFeatures | undefined> {
  const address = await host().catch(() => undefined);
  if (address === undefined) return { osType: '', experimental: false, swarm: '', apiVersion: '' };
  try {
    const client = new ApiClient(await environment.connect(address), await wantedApiVersion(environment));
    const { osType, experimental, swarm } = await client.negotiate();
    // A version that a person fixes is not negotiated.
    const apiVersion = environment.env.DOCKER_API_VERSION ? await wantedApiVersion(environment) : client.version;
    return { osType, experimental, swarm, apiVersion };
  } catch {
    return undefined;
  }
}

/** The entry without what the daemon does not have. */
export function offered(entry: HelpEntry, daemon: DaemonFeatures): HelpEntry {
  const has = (name: string): boolean => hasWhat(entry.needs[name], daemon);
  const sections = Object.entries(entry.commands ?? {}).map(([section, names]) => [section, names.filter(has)] as const);
  return {
    ...entry,
    flags: entry.flags.filter((flag) => has(`--${flag.name}`)),
    commands: entry.commands && Object.fromEntries(sections.filter(([, names]) => names.length > 0)),
  };
}

/** Whether carrying out the command needs something that not every daemon has. */
export function needsFeatures(entry: HelpEntry, flags: ParsedFlags): boolean {
  return Object.keys(entry.needs).some((name) => name === '' || (name.startsWith('--') && flags.changed(name.slice(2))));
}

/** Why the daemon cannot do what was asked for; undefined when it can. */
export function refusalOf(entry: HelpEntry, flags: ParsedFlags | undefined, daemon: DaemonFeatures): string | undefined {
  const own = problemOf(entry.needs[''], daemon);
  if (own) return `${commandPath(entry)} ${own}`;
  const lines: string[] = [];
  for (const { name } of entry.flags) {
    const problem = flags?.changed(name) ? problemOf(entry.needs[`--${name}`], daemon) : undefined;
    if (problem) lines.push(`"--${name}" ${problem}`);
  }
  return lines.length > 0 ? lines.join('\n') : undefined;
}

function hasWhat(need: Need | undefined, { osType, experimental, swarm, apiVersion }: DaemonFeatures): boolean {
  if (isApiVersion(need)) return apiVersion === '' || atLeast(apiVersion, need.slice('api '.length));
  switch (need) {
    case undefined:
      return true;
    case 'experimental':
      return experimental;
    case 'windows':
      return osType === '' || osType === 'windows';
    case 'swarm':
      return swarm !== 'inactive';
    case 'manager':
      return swarm === '' || swarm.endsWith('/manager');
  }
}

/** A swarm's state is for the daemon to refuse, in its own words. */
function problemOf(need: Need | undefined, daemon: DaemonFeatures): string | undefined {
  if (hasWhat(need, daemon)) return undefined;
  if (need === 'experimental') return 'is only supported on a Docker daemon with experimental features enabled';
  if (need === 'windows') {
    return `is only supported on a Docker daemon running on windows, but the Docker daemon is running on ${daemon.osType}`;
  }
  return isApiVersion(need)
    ? `requires API version ${need.slice('api '.length)}, but the Docker daemon API version is ${daemon.apiVersion}`
    : undefined;
}

function isApiVersion(need: Need | undefined): need is `api ${string}` {
  return need?.startsWith('api ') ?? false;
}
