/**
 * The flags of `docker buildx build` as the query of `POST /build?version=2`, and those that Drydock's builder cannot
 * follow. Checks and their words are buildx's.
 * Source: docker/buildx commands/build.go, build/opt.go, build/utils.go.
 */
import type { QueryValues } from '#engine/api/client.ts';
import { messageOf } from '#engine/errors.ts';
import { quote } from '#engine/go-quote.ts';
import { parseAnyReference } from '#engine/oci/reference.ts';
import type { CommandContext } from '../command.ts';
import { addProxies } from '../container/proxy-environment.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { csvFields } from '../options/csv.ts';
import { parseIpAddress } from '../options/ip-address.ts';
import { parsePlatform } from '../options/platform.ts';
import type { Ulimit } from '../options/ulimit.ts';
import { parseBool } from '../units/number.ts';

/**
 * Flags that have no meaning here, with what is asked for instead.
 *
 * @flag  N[in buildx's words: the docker driver has neither]  docker buildx build  --attest --sbom --cache-to
 * @flag  P[false only, in buildx's words: the docker driver has none]  docker buildx build  --provenance
 * @flag  N[not in this version]  docker buildx build  --build-context --ssh --allow --cgroup-parent
 * @flag  N[the image store keeps none]  docker buildx build  --annotation
 */
const REFUSED: Record<string, string> = {
  'build-context': 'additional build contexts are not available in this version of Drydock',
  attest: 'Attestation is not supported for the docker driver.',
  provenance: 'Attestation is not supported for the docker driver.',
  sbom: 'Attestation is not supported for the docker driver.',
  'cache-to': 'Cache export is not supported for the docker driver.',
  annotation: 'annotations are not kept by the image store of this version of Drydock',
  ssh: 'SSH agents are not available in this version of Drydock',
  allow: 'privileged entitlements are not available in this version of Drydock',
  'cgroup-parent': 'a parent cgroup for builds is not available in this version of Drydock',
};

/**
 * What buildx says of flags that it takes and does not follow.
 *
 * @flag  N[ignored with a warning, in buildx's words]  docker image build  --isolation --security-opt --squash
 * @flag  N[ignored, as buildx does]  docker image build  --compress --cpu-period --cpu-quota --cpu-shares --cpuset-cpus --cpuset-mems --memory --memory-swap --rm --force-rm
 */
const IGNORED: Record<string, string> = {
  isolation: 'isolation flag is deprecated with BuildKit.',
  'security-opt': 'security-opt flag is deprecated. "RUN --security=insecure" should be used with BuildKit.',
  squash:
    'experimental flag squash is removed with BuildKit. You should squash inside build using a multi-stage Dockerfile for efficiency.',
};

/** Lines about flags that are not followed. */
export function flagWarnings(flags: ParsedFlags): string {
  return Object.entries(IGNORED)
    .filter(([name]) => flags.changed(name))
    .map(([, warning]) => `WARNING: ${warning}\n`)
    .join('');
}

/** @throws Error for what this builder cannot do */
export function refuseFlags(flags: ParsedFlags): void {
  for (const [name, reason] of Object.entries(REFUSED)) {
    const given = flags.changed(name) && !isOff(flags, name);
    if (given) throw new Error(reason);
  }
  for (const output of flags.list('output')) checkOutput(output);
}

/** `--provenance=false` asks for what there is. */
function isOff(flags: ParsedFlags, name: string): boolean {
  return (name === 'provenance' || name === 'sbom') && flags.string(name) === 'false';
}

/** The image itself is the only output: `type=docker` and `type=image` mean that. */
function checkOutput(text: string): void {
  const fields = new Map(csvFields(text).map((field) => [field.split('=', 1)[0]!.toLowerCase(), field.slice(field.indexOf('=') + 1)]));
  const type = fields.get('type') ?? (fields.size === 1 && !text.includes('=') ? 'local' : '');
  if (type === '') throw new Error('type is required for output');
  if ((type === 'docker' && !fields.has('dest')) || type === 'image' || type === 'cacheonly') return;
  throw new Error(`the ${type} exporter is not available in this version of Drydock: an image is all that it builds`);
}

/** The part of the query that flags alone decide. */
export async function buildQuery(context: CommandContext): Promise<QueryValues> {
  const { flags, environment } = context;
  const cacheFrom = flags.list('cache-from').map(cacheSource);
  const noCacheFilter = flags.list('no-cache-filter');
  if (flags.bool('no-cache') && noCacheFilter.length > 0) {
    throw new Error('--no-cache and --no-cache-filter cannot currently be used together');
  }
  const buildArgs = { ...(await proxyArguments(context)), ...pairs(flags.list('build-arg'), environment.env) };
  const labels = pairs(flags.list('label'));
  const tags = flags.list('tag').map(checkedTag);
  return {
    t: tags.length > 0 ? tags : undefined,
    target: flags.string('target') || undefined,
    nocache: flags.bool('no-cache') || undefined,
    nocachefilter: noCacheFilter.length > 0 ? noCacheFilter.flatMap((value) => value.split(',')) : undefined,
    pull: flags.bool('pull') || undefined,
    buildargs: Object.keys(buildArgs).length > 0 ? JSON.stringify(buildArgs) : undefined,
    labels: Object.keys(labels).length > 0 ? JSON.stringify(labels) : undefined,
    cachefrom: cacheFrom.length > 0 ? JSON.stringify(cacheFrom) : undefined,
    networkmode: networkMode(flags.string('network')),
    extrahosts: extraHosts(flags.list('add-host')),
    platform: platformOf(flags, environment.env),
    shmsize: flags.number('shm-size') || undefined,
    ulimits: ulimits(flags.value<Ulimit[]>('ulimit')),
  };
}

/** @param env gives those without a value theirs; without it they are empty */
function pairs(values: readonly string[], env?: Record<string, string>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const value of values) {
    const equals = value.indexOf('=');
    const key = equals < 0 ? value : value.slice(0, equals);
    if (key === '') throw new Error(`invalid key-value pair ${quote(value)}: empty key`);
    if (equals >= 0) result[key] = value.slice(equals + 1);
    else if (!env) result[key] = '';
    else if (env[key] !== undefined) result[key] = env[key];
  }
  return result;
}

function checkedTag(tag: string): string {
  try {
    parseAnyReference(tag);
    return tag;
  } catch (error) {
    throw new Error(`invalid tag ${quote(tag)}: ${messageOf(error)}`, { cause: error });
  }
}

/** `user/app:cache`, `type=registry,ref=user/app:cache`. */
function cacheSource(text: string): string {
  const fields = csvFields(text);
  if (fields.length === 1 && !text.includes('=')) return text;
  const values = new Map(fields.map((field) => [field.split('=', 1)[0]!.toLowerCase(), field.slice(field.indexOf('=') + 1)]));
  const type = values.get('type');
  if (type === undefined) throw new Error(`type required form> ${quote(text)}`);
  if (type !== 'registry') throw new Error(`cannot take a cache from type=${type} in this version of Drydock, only from images`);
  return values.get('ref') ?? '';
}

function networkMode(mode: string): string | undefined {
  if (mode === '' || mode === 'default') return undefined;
  if (mode === 'host' || mode === 'none') return mode;
  throw new Error(
    `network mode ${quote(mode)} not supported by buildkit - you can define a custom network for your builder using the network driver-opt in buildx create`,
  );
}

/** As `name:address`. */
function extraHosts(values: readonly string[]): string[] | undefined {
  const hosts = values.flatMap((value) => {
    const separator = value.includes('=') ? value.indexOf('=') : value.indexOf(':');
    const [name, addresses] = [value.slice(0, Math.max(0, separator)), value.slice(separator + 1)];
    if (separator < 0 || name === '' || addresses === '') throw new Error(`invalid host ${value}`);
    return addresses.split(',').map((given) => {
      const address = given.length > 2 && given.startsWith('[') && given.endsWith(']') ? given.slice(1, -1) : given;
      if (address !== 'host-gateway' && !parseIpAddress(address)) throw new Error(`invalid host ${value}`);
      return `${name}:${address}`;
    });
  });
  return hosts.length > 0 ? hosts : undefined;
}

function platformOf(flags: ParsedFlags, env: Record<string, string>): string | undefined {
  const given = flags.changed('platform') ? flags.list('platform') : env.DOCKER_DEFAULT_PLATFORM ? [env.DOCKER_DEFAULT_PLATFORM] : [];
  const platforms = given.flatMap((value) => value.split(',')).filter((value) => value !== '' && value !== 'local');
  if (platforms.length > 1) {
    throw new Error(`Multi-platform build is not supported for the docker driver.
Switch to a different driver, or turn on the containerd image store, and try again.
Learn more at https://docs.docker.com/go/build-multi-platform/`);
  }
  return platforms[0] === undefined ? undefined : parsePlatform(platforms[0]);
}

function ulimits(limits: readonly Ulimit[]): string | undefined {
  return limits.length > 0 ? JSON.stringify(limits) : undefined;
}

/** The configuration's proxies are build arguments unless others are given. */
async function proxyArguments(context: CommandContext): Promise<Record<string, string>> {
  return pairs(await addProxies(context, []));
}

/** What `--call` asks for. */
export function callOf(flags: ParsedFlags): 'build' | 'check' {
  const text = flags.string('print') || flags.string('call');
  if (flags.bool('check')) return 'check';
  const [name = '', ...fields] = text === '' ? ['build'] : csvFields(text);
  for (const field of fields) {
    const [key, value = ''] = field.split('=', 2);
    if (key === 'format' && value !== 'json') continue;
    if (key === 'ignorestatus' && !parseBool(value)) continue;
    throw new Error(`--call=${text} is not available in this version of Drydock`);
  }
  if (name === 'build') return 'build';
  if (name === 'check' || name === 'lint') return 'check';
  throw new Error(`--call=${name} is not available in this version of Drydock`);
}
