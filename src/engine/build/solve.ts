/**
 * Builds an image as BuildKit does: from a plan of stages, each step looked up in the cache by all that it depends on,
 * and carried out only when it is not there. Progress and errors have BuildKit's words.
 * Source: BuildKit frontend/dockerfile/dockerfile2llb, solver, exporter/containerimage.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Containers } from '../container/containers.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Image } from '../image/image-store.ts';
import { hostPlatform } from '../image/platform.ts';
import { pullImage } from '../image/pull.ts';
import { parsePlatform } from '../image/platform.ts';
import type { ImageConfigFile } from '../oci/image-config.ts';
import type { Platform } from '../oci/manifest.ts';
import { fullString, parseNormalizedNamed, type Reference } from '../oci/reference.ts';
import type { BuildCache } from './build-cache.ts';
import type { BuildContext } from './build-context.ts';
import type { BuildProgress, Step } from './build-progress.ts';
import { textDigest } from './checksum.ts';
import { DockerfileError, type LineRange } from './dockerfile/dockerfile-error.ts';
import { lintDockerfile, type LintWarning } from './dockerfile/lint/lint.ts';
import { planBuild, type BuildPlan, type PlannedStage, type PlanRequest } from './dockerfile/plan.ts';
import { readIgnoreFile } from './dockerignore/ignore-file.ts';
import { IgnoreMatcher } from './dockerignore/matcher.ts';
import type { RunSettings } from './run.ts';
import { StageBuilder, type StageState } from './stage-builder.ts';
import { writeBuiltImage } from './built-image.ts';

export interface SolveRequest {
  context: BuildContext;
  /** Path of the Dockerfile in the context. */
  dockerfile: string;
  tags: readonly Reference[];
  buildArgs: ReadonlyMap<string, string>;
  labels: ReadonlyMap<string, string>;
  /** Name or number of a stage; empty: the last. */
  target: string;
  platform: Platform | undefined;
  /** Every stage, or those named. */
  noCache: boolean | readonly string[];
  /** Asks the registry even for images that are here. */
  pull: boolean;
  secrets: ReadonlyMap<string, Uint8Array>;
  settings: RunSettings;
  progress: BuildProgress;
  cancellation: Cancellation;
}

export interface BuildParts {
  containers: Containers;
  cache: BuildCache;
}

/** Something is wrong with a line of the Dockerfile. */
export class BuildError extends EngineError {
  constructor(
    cause: unknown,
    readonly lines: LineRange | undefined,
  ) {
    super(cause instanceof EngineError ? cause.kind : 'unknown', messageOf(cause), { cause });
  }
}

/** @throws BuildError, with the lines that it is about */
export async function solve(parts: BuildParts, request: SolveRequest): Promise<Image> {
  const { progress, context } = request;
  const bases = new Bases(parts, request);
  const plan = await plannedBuild(parts, request, bases);
  const builder = new StageBuilder(parts, request, plan, bases);
  await progress.step(await vertexDigest(parts, 'dockerignore'), '[internal] load .dockerignore', async (step) => {
    step.status('transferring context:', { name: 'transferring' }).done(ignoreBytes(context, request.dockerfile));
  });
  try {
    if (plan.contextPaths === 'all' || plan.contextPaths.length > 0) {
      await progress.step(await vertexDigest(parts, 'context'), '[internal] load build context', async (step) => {
        step.status('transferring context:', { name: 'transferring' }).done(context.sizeBytes);
      });
    }
    const states = new Map<PlannedStage, StageState>();
    for (const stage of plan.stages) states.set(stage, await builder.build(stage, states));
    const state = states.get(plan.target)!;
    return await progress.step(await vertexDigest(parts, 'export'), 'exporting to image', (step) => exportImage(parts, request, plan.target, state, step));
  } finally {
    builder.release();
  }
}

/** The rules of `docker build --check`, over all stages. */
export async function check(parts: BuildParts, request: SolveRequest): Promise<{ warnings: LintWarning[]; error?: DockerfileError }> {
  const dockerfile = await loadDockerfile(parts, request);
  const checked = await lintDockerfile(planRequest(dockerfile, request, new Bases(parts, request)));
  await request.progress.step(await vertexDigest(parts, 'dockerignore'), '[internal] load .dockerignore', async (step) => {
    step.status('transferring context:', { name: 'transferring' }).done(ignoreBytes(request.context, request.dockerfile));
  });
  return checked;
}

async function loadDockerfile(parts: BuildParts, { progress, context, dockerfile }: SolveRequest): Promise<string> {
  const name = dockerfile.slice(dockerfile.lastIndexOf('/') + 1);
  return progress.step(await vertexDigest(parts, 'definition'), `[internal] load build definition from ${name}`, async (step) => {
    const { entry } = context.files.resolve(dockerfile);
    step.status('transferring dockerfile:', { name: 'transferring' }).done(entry?.content?.length ?? 2);
    if (!entry) return '';
    return context.readText(dockerfile);
  });
}

async function plannedBuild(parts: BuildParts, request: SolveRequest, bases: Bases): Promise<BuildPlan> {
  const { progress, context, dockerfile: path } = request;
  const step = progress.start(await vertexDigest(parts, 'definition'), `[internal] load build definition from ${path.slice(path.lastIndexOf('/') + 1)}`);
  const transferred = step.status('transferring dockerfile:', { name: 'transferring' });
  let text: string;
  try {
    const { entry } = context.files.resolve(path);
    transferred.done(entry?.content?.length ?? 2);
    step.complete();
    text = context.readText(path);
  } catch (error) {
    throw new BuildError(error, undefined);
  }
  try {
    const plan = await planBuild(planRequest(text, request, bases));
    for (const warning of plan.warnings) step.warn(wireWarning(warning, path, text));
    return plan;
  } catch (error) {
    throw new BuildError(error, error instanceof DockerfileError ? error.lines : undefined);
  }
}

function planRequest(dockerfile: string, request: SolveRequest, bases: Bases): PlanRequest {
  const { noCache } = request;
  const ignore = ignoreMatcher(request.context, request.dockerfile);
  return {
    dockerfile,
    buildArgs: request.buildArgs,
    target: request.target,
    labels: request.labels,
    platform: request.platform ?? hostPlatform,
    buildPlatform: hostPlatform,
    ...(ignore && { ignore }),
    noCache: (stage) => (typeof noCache === 'boolean' ? noCache : noCache.includes(stage)),
    resolveImage: (image) => bases.resolve(image.reference, image.platform, image.lines),
  };
}

function ignoreFile(context: BuildContext, dockerfile: string): Uint8Array | undefined {
  return (context.files.get(`${dockerfile}.dockerignore`) ?? context.files.get('.dockerignore'))?.content;
}

function ignoreBytes(context: BuildContext, dockerfile: string): number {
  return ignoreFile(context, dockerfile)?.length ?? 2;
}

function ignoreMatcher(context: BuildContext, dockerfile: string): IgnoreMatcher | undefined {
  const bytes = ignoreFile(context, dockerfile);
  return bytes && new IgnoreMatcher(readIgnoreFile(new TextDecoder().decode(bytes)));
}

function vertexDigest({ containers }: BuildParts, name: string): Promise<string> {
  return textDigest(containers.ports.images.ports.crypto, `${name}:${containers.ports.clock.now()}`);
}

function wireWarning({ rule, description, url, message, startLine, endLine }: LintWarning, filename: string, text: string): Parameters<Step['warn']>[0] {
  const encode = (value: string): string => base64(new TextEncoder().encode(value));
  return {
    level: 1,
    short: encode(`${rule}: ${message} (line ${startLine})`),
    detail: [encode(description)],
    url,
    sourceInfo: { filename, data: encode(text) },
    range: [{ start: { line: startLine, character: 0 }, end: { line: endLine, character: 0 } }],
  };
}

/** Images that stages stand on: those here, else pulled once. */
class Bases {
  readonly #parts: BuildParts;
  readonly #request: SolveRequest;
  readonly #images = new Map<string, Promise<Image>>();

  constructor(parts: BuildParts, request: SolveRequest) {
    this.#parts = parts;
    this.#request = request;
  }

  async resolve(reference: string, platform: Platform, lines: LineRange | undefined): Promise<{ config: ImageConfigFile }> {
    try {
      const image = await this.image(reference, platform);
      return { config: image.config };
    } catch (error) {
      throw new BuildError(new EngineError(error instanceof EngineError ? error.kind : 'unknown', `${shortReference(reference)}: ${messageOf(error)}`, { cause: error }), lines);
    }
  }

  image(reference: string, platform: Platform): Promise<Image> {
    const key = `${reference} ${platform.os}/${platform.architecture}`;
    const known = this.#images.get(key) ?? this.#load(reference, platform);
    this.#images.set(key, known);
    return known;
  }

  async #load(name: string, platform: Platform): Promise<Image> {
    const { progress, cancellation, pull } = this.#request;
    const { images } = this.#parts.containers.ports;
    const reference = parseNormalizedNamed(name);
    return progress.step(await vertexDigest(this.#parts, `metadata ${name}`), `[internal] load metadata for ${fullString(reference)}`, async (step) => {
      const local = images.find(name);
      if (local && !pull && fits(local, platform)) return local;
      const statuses = new Map<string, ReturnType<Step['status']>>();
      await pullImage(images, {
        reference,
        ...(samePlatform(platform, hostPlatform) ? {} : { platform }),
        cancellation,
        progress: (told) => {
          if (told.kind !== 'action') return;
          const status = statuses.get(told.id) ?? step.status(told.id, { name: told.id });
          statuses.set(told.id, status);
          if (told.action === 'Pull complete' || told.action === 'Already exists') status.done();
          else if (told.current !== undefined) status.update(told.current, told.total);
        },
      });
      return images.resolve(name);
    });
  }
}

function fits({ config }: Image, platform: Platform): boolean {
  return config.os === platform.os && config.architecture === platform.architecture;
}
