/**
 * Builds one service's image as `docker build` would with the flags that its `build` section amounts to.
 * Source: docker/compose 2.26.1 pkg/compose/build.go, toBuildOptions.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { quote } from '#engine/go-quote.ts';
import { buildCommand } from '../builder/build.ts';
import { type CliEnvironment, type CliInput, withParts } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import { parseFlags } from '../flags/parse.ts';
import { helpOf } from '../help/help-data.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { COMPOSE_VERSION, imageName, PROJECT_LABEL, SERVICE_LABEL, VERSION_LABEL } from './labels.ts';
import { sortedKeys } from './load/model.ts';
import type { BuildConfig, ComposeService, Project, Ulimit } from './project.ts';
import type { ProgressMode } from './progress.ts';
import { hostLines } from './render.ts';

const BUILD_FAILURE = 17;

export interface BuildServiceOptions {
  progressMode: ProgressMode;
  noCache?: boolean;
  pull?: boolean;
  /** `--build-arg`, which goes before the file's. */
  args?: readonly string[];
  builder?: string | undefined;
  /** What has a name of its own is pushed. */
  push?: boolean;
}

/** @throws ComposeError with what the builder says */
export async function buildService(
  work: ComposeWork,
  project: Project,
  service: ComposeService,
  options: BuildServiceOptions,
): Promise<void> {
  const { context } = work;
  const build = service.build!;
  refuse(service.name, build);
  warnOfOwners(work, build);
  if (work.dryRun) return tellOfBuild(work, project, service);
  const entry = helpOf('buildx build')!;
  const environment = environmentFor(context.environment, build);
  // A terminal's display where there is none is refused by the builder.
  const progressMode = options.progressMode === 'tty' && !environment.stderr.isTerminal ? 'plain' : options.progressMode;
  const args = buildArguments(project, service, { ...options, progressMode });
  const flags = parseFlags(args, { flags: entry.flags, syntax: buildCommand.flags?.(environment), stopAtArgument: false });
  try {
    await buildCommand.run({
      ...context,
      environment,
      name: 'docker buildx build',
      flags,
      args: flags.args,
      // A signal ends the command as a whole.
      holdInterrupts: () => {},
      // Without a display the builder prints the image's id.
      out: async () => {},
      err: (text) => environment.stderr.write(text),
    });
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    throw new ComposeError(error.message.replace(/^ERROR: (failed to build: )?/, ''), BUILD_FAILURE);
  }
}

/** A dry run: what a build would make. */
async function tellOfBuild({ api, progress }: ComposeWork, project: Project, service: ComposeService): Promise<void> {
  const tag = imageName(project, service);
  await api.post('/build', { query: { t: [tag, ...(service.build?.tags ?? [])] } });
  progress.event({ id: ' ', text: `build service ${service.name}`, status: 'done' });
  progress.event({ id: '==>', text: `==> writing image dryRun-${bytesToHex(sha1(utf8ToBytes(service.name)))}`, status: 'done' });
  progress.event({ id: '==> ==>', text: `naming to ${tag}`, status: 'done' });
}

/** What comes after `docker buildx build`. */
export function buildArguments(project: Project, service: ComposeService, options: BuildServiceOptions): string[] {
  const build = service.build!;
  const labels = { ...build.labels, [PROJECT_LABEL]: project.name, [SERVICE_LABEL]: service.name, [VERSION_LABEL]: COMPOSE_VERSION };
  const each = (flag: string, values: readonly string[] = []): string[] => values.flatMap((value) => [flag, value]);
  const text = (flag: string, value: string | number | undefined): string[] => (value ? [flag, `${value}`] : []);
  return [
    ...each('--tag', [imageName(project, service), ...(build.tags ?? [])]),
    ...text('--file', build.dockerfile_inline ? '-' : dockerfilePath(build)),
    ...each('--build-arg', [...pairs(build.args ?? {}), ...(options.args ?? [])]),
    ...each('--label', pairs(labels)),
    ...text('--target', build.target),
    ...text('--network', build.network),
    ...text('--shm-size', build.shm_size),
    ...text('--platform', build.platforms?.join(',')),
    ...each('--add-host', hostLines(build.extra_hosts ?? {}, ':')),
    ...each('--cache-from', build.cache_from),
    ...each('--ulimit', ulimits(build.ulimits ?? {})),
    ...each('--secret', secrets(project, build)),
    ...text('--builder', options.builder),
    ...(options.push && service.image ? ['--push'] : []),
    ...(options.noCache || build.no_cache ? ['--no-cache'] : []),
    ...(options.pull || build.pull ? ['--pull'] : []),
    ...text('--progress', options.progressMode),
    build.context ?? '.',
  ];
}

function dockerfilePath({ dockerfile = 'Dockerfile', context = '.' }: BuildConfig): string {
  return dockerfile.startsWith('/') || /^[a-z]+:\/\//.test(context) ? dockerfile : `${context.replace(/\/$/, '')}/${dockerfile}`;
}

function pairs(values: Record<string, string | null>): string[] {
  return sortedKeys(values).map((name) => (values[name] === null ? name : `${name}=${values[name]!}`));
}

function ulimits(limits: Record<string, Ulimit>): string[] {
  return sortedKeys(limits).map((name) => {
    const { single = 0, soft = 0, hard = 0 } = limits[name]!;
    return single ? `${name}=${single}` : `${name}=${soft}:${hard}`;
  });
}

function secrets(project: Project, { secrets: references = [] }: BuildConfig): string[] {
  return references.map(({ source = '', target }) => {
    const { file, environment } = project.secrets[source] ?? {};
    const id = `id=${target || source}`;
    if (file) return `${id},"src=${file.replaceAll('"', '""')}"`;
    if (environment) return `${id},env=${environment}`;
    throw new ComposeError(`build.secrets only supports environment or file-based secrets: ${quote(source)}`);
  });
}

function warnOfOwners({ warn }: ComposeWork, { secrets: references = [] }: BuildConfig): void {
  for (const { uid, gid, mode } of references) {
    if (uid || gid || mode !== undefined) warn('secrets `uid`, `gid` and `mode` are not supported by BuildKit, they will be ignored');
  }
}

/** What the one builder cannot do is said before it starts. */
function refuse(name: string, build: BuildConfig): void {
  const given = (['ssh', 'additional_contexts', 'cache_to', 'entitlements'] as const).filter(
    (key) => Object.keys(build[key] ?? {}).length > 0,
  );
  if (given[0] === undefined) return;
  throw new ComposeError(`service "${name}": build.${given[0]} is not supported by the builder of this version of Drydock`);
}

/** The builder tells of its steps on standard output here; an inline Dockerfile comes as if typed. */
function environmentFor(environment: CliEnvironment, { dockerfile_inline: inline }: BuildConfig): CliEnvironment {
  const stdin: CliInput = {
    isTerminal: false,
    async *chunks() {
      yield new TextEncoder().encode(inline);
    },
    setRaw: async () => {},
  };
  return withParts(environment, { stderr: environment.stdout, ...(inline && { stdin }) });
}
