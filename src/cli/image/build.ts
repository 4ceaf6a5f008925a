/**
 * `DOCKER_BUILDKIT=0 docker build`: the classic builder, step by step.
 * Source: docker/cli cli/command/image/build.go.
 */
import type { QueryValues } from '#engine/api/client.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { parseNormalizedNamed } from '#engine/oci/reference.ts';
import { classicContext } from '../builder/context/classic-context.ts';
import type { Command, CommandContext } from '../command.ts';
import { addProxies } from '../container/proxy-environment.ts';
import { FileError, type CliOutput } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import { listOf, scalar } from '../flags/syntax.ts';
import { displayProgress, ProgressError } from '../format/progress.ts';
import { validateEnvironmentVariable, validateExtraHost, validateLabel } from '../options/container-values.ts';
import { openError } from '../options/open-error.ts';
import type { Ulimit } from '../options/ulimit.ts';
import { allRegistryAuths } from '../registry/credentials.ts';
import { humanSizeWithPrecision, parseRamSize } from '../units/size.ts';
import { refuseContentTrust } from './content-trust.ts';

const UPLOAD = 'Sending build context to Docker daemon';
/** How often a terminal is told how much has been sent. */
const UPLOAD_STEP_BYTES = 512 * 1024;

/** @cli  P[no content trust, no context from the internet]  docker image build  "Build an image from a Dockerfile" */
export const classicBuildCommand: Command = {
  path: ['image', 'build'],
  flags: () => ({
    tag: listOf((tag) => (parseNormalizedNamed(tag), tag)),
    'build-arg': listOf(validateEnvironmentVariable),
    label: listOf(validateLabel),
    'add-host': listOf(validateExtraHost),
    'memory-swap': scalar(0, (text) => (text === '-1' ? -1 : parseRamSize(text))),
  }),
  async run(context) {
    const { flags, environment, args } = context;
    const iidFile = flags.string('iidfile');
    await removeStale(context, iidFile);
    const source = await classicContext(environment, args[0] ?? '', flags.string('file'));
    refuseContentTrust(flags);
    const quiet = flags.bool('quiet');
    const shown = quiet ? new Collected() : environment.stdout;
    const query = await queryOf(context, source.dockerfile);
    const imageId = await build(context, query, source.archive, shown);
    if (shown instanceof Collected) await context.out(shown.text.slice(shown.uploadText.length));
    if (iidFile === '') return;
    const written = shown instanceof Collected ? shown.text.slice(shown.uploadText.length) : imageId;
    if (written === '') throw new ExitError(1, `Server did not provide an image ID. Cannot write ${iidFile}`);
    await environment.files.write(iidFile, new TextEncoder().encode(written));
  },
};

/** Output that is shown only when something goes wrong. */
class Collected implements CliOutput {
  readonly isTerminal = false;
  text = '';
  /** What of it is about the upload. */
  uploadText = '';

  async write(data: Uint8Array | string): Promise<void> {
    this.text += typeof data === 'string' ? data : new TextDecoder().decode(data);
  }

  size(): undefined {
    return undefined;
  }
}

async function build(context: CommandContext, query: QueryValues, archive: AsyncIterable<Uint8Array>, shown: CliOutput): Promise<string> {
  const { environment } = context;
  let imageId = '';
  const body = counted(archive, shown, environment.stdout.isTerminal);
  const headers = { 'Content-Type': 'application/x-tar', ...(await allRegistryAuths(context)) };
  try {
    const messages = await (await context.api()).messages<ProgressMessage>('/build', { method: 'POST', query, headers, body });
    await displayProgress(messages, shown, {
      clock: environment.clock,
      onAux: ({ aux }) => (imageId = (aux as { ID?: string } | undefined)?.ID ?? imageId),
    });
    return imageId;
  } catch (error) {
    if (shown instanceof Collected) await context.err(shown.text);
    if (error instanceof ProgressError) throw new ExitError(error.code || 1, error.message, { cause: error });
    throw error;
  }
}

/** Says how much has been sent: at the end, and on a terminal in between. */
async function* counted(archive: AsyncIterable<Uint8Array>, shown: CliOutput, isTerminal: boolean): AsyncGenerator<Uint8Array> {
  let sent = 0;
  let told = 0;
  const line = (end: string): string => `${UPLOAD}  ${humanSizeWithPrecision(sent, 4)}${end}`;
  for await (const chunk of archive) {
    sent += chunk.length;
    yield chunk;
    if (!isTerminal || sent - told < UPLOAD_STEP_BYTES) continue;
    told = sent;
    await shown.write(line('\r'));
  }
  const last = line('\r\r\n');
  if (shown instanceof Collected) shown.uploadText += last;
  await shown.write(last);
}

async function queryOf(context: CommandContext, dockerfile: string): Promise<QueryValues> {
  const { flags, environment } = context;
  const buildArgs = flags.list('build-arg').map((pair) => (pair.includes('=') ? pair : withValue(pair, environment.env)));
  const given = await addProxies(context, buildArgs);
  const optional = <T>(list: readonly T[]): string | undefined => (list.length > 0 ? JSON.stringify(list) : undefined);
  const list = (name: string): string[] | undefined => (flags.list(name).length > 0 ? flags.list(name) : undefined);
  const network = flags.string('network');
  return {
    version: '1',
    t: list('tag'),
    dockerfile: dockerfile || undefined,
    q: flags.bool('quiet') || undefined,
    nocache: flags.bool('no-cache') || undefined,
    rm: flags.bool('rm') ? undefined : false,
    forcerm: flags.bool('force-rm') || undefined,
    pull: flags.bool('pull') || undefined,
    squash: flags.bool('squash') || undefined,
    isolation: flags.string('isolation') || undefined,
    cpusetcpus: flags.string('cpuset-cpus') || undefined,
    cpusetmems: flags.string('cpuset-mems') || undefined,
    cpushares: flags.number('cpu-shares') || undefined,
    cpuquota: flags.number('cpu-quota') || undefined,
    cpuperiod: flags.number('cpu-period') || undefined,
    memory: flags.number('memory') || undefined,
    memswap: flags.number('memory-swap') || undefined,
    cgroupparent: flags.string('cgroup-parent') || undefined,
    shmsize: flags.number('shm-size') || undefined,
    target: flags.string('target') || undefined,
    platform: flags.string('platform').toLowerCase() || environment.env.DOCKER_DEFAULT_PLATFORM?.toLowerCase() || undefined,
    networkmode: network === 'default' ? undefined : network,
    securityopt: optional(flags.list('security-opt')),
    cachefrom: optional(flags.list('cache-from')),
    extrahosts: list('add-host'),
    ulimits: optional(flags.value<Ulimit[]>('ulimit')),
    buildargs: document(given, null),
    labels: document(flags.list('label'), ''),
  };
}

/** What a build argument without value has in the environment; without one the Dockerfile's default counts. */
function withValue(name: string, env: Record<string, string>): string {
  const value = env[name];
  return value === undefined ? name : `${name}=${value}`;
}

/** Pairs as JSON with keys in order; undefined when there are none. @param missing of those without `=` */
function document(pairs: readonly string[], missing: string | null): string | undefined {
  if (pairs.length === 0) return undefined;
  const entries = pairs.map((pair): [string, string | null] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, missing] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return JSON.stringify(Object.fromEntries([...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** A file of an earlier build does not stay when this one fails. */
async function removeStale({ environment }: CommandContext, path: string): Promise<void> {
  if (path === '') return;
  await environment.files.remove(path).catch((error: unknown) => {
    if (error instanceof FileError && error.code === 'ENOENT') return;
    throw new Error(`Removing image ID file: ${openError(path, error).message.replace(/^open /, 'remove ')}`, { cause: error });
  });
}
