/**
 * Builds an image as BuildKit does: from a plan of stages, each step looked up in the cache by all that it depends on,
 * and carried out only when it is not there. Progress and errors have BuildKit's words.
 * Source: BuildKit frontend/dockerfile/builder, exporter/containerimage; moby builder/builder-next.
 */
import { base64 } from '../base64.ts';
import type { Cancellation } from '../cancellation.ts';
import type { Containers } from '../container/containers.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Image } from '../image/image-store.ts';
import { hostPlatform } from '../image/platform.ts';
import type { RegistryCredentials } from '../image/registry-credentials.ts';
import type { Platform } from '../oci/manifest.ts';
import { fullString, type Reference } from '../oci/reference.ts';
import type { Outside } from '../outside.ts';
import { Bases } from './bases.ts';
import type { BuildCache } from './build-cache.ts';
import type { BuildContext } from './build-context.ts';
import { BuildError } from './build-error.ts';
import type { BuildProgress, Step } from './build-progress.ts';
import { builtImageConfig } from './built-image.ts';
import type { CacheMounts } from './cache-mounts.ts';
import { textDigest } from './checksum.ts';
import { DockerfileError } from './dockerfile/dockerfile-error.ts';
import { lintDockerfile } from './dockerfile/lint/lint.ts';
import type { LintWarning } from './dockerfile/lint/linter.ts';
import { planBuild, type BuildPlan, type PlannedStage, type PlanRequest } from './dockerfile/plan.ts';
import { readIgnoreFile } from './dockerignore/ignore-file.ts';
import { IgnoreMatcher } from './dockerignore/matcher.ts';
import type { LineOutcomes } from './line-outcomes.ts';
import type { RunSettings } from './run.ts';
import { StageBuilder, type StageState } from './stage-builder.ts';

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
  /** False: a check takes base images as they are written. */
  resolveImages: boolean;
  secrets: ReadonlyMap<string, Uint8Array>;
  credentials: (reference: Reference) => RegistryCredentials | undefined;
  settings: RunSettings;
  progress: BuildProgress;
  cancellation: Cancellation;
}

export interface BuildParts {
  containers: Containers;
  cache: BuildCache;
  cacheMounts: CacheMounts;
  outside: Outside;
  outcomes: LineOutcomes;
}

/** @throws BuildError, with the lines that it is about */
export async function solve(parts: BuildParts, request: SolveRequest): Promise<Image> {
  const { images } = parts.containers.ports;
  const bases = new Bases(images, request);
  try {
    return await solveOn(bases, parts, request);
  } finally {
    await bases.release();
    images.collectLayers();
  }
}

async function solveOn(bases: Bases, parts: BuildParts, request: SolveRequest): Promise<Image> {
  const { plan, text } = await plannedBuild(parts, request, bases);
  await loadIgnoreFile(parts, request);
  const { dockerfile } = request;
  const context = request.context.withoutIgnored(dockerfile, ignoreFileName(request.context, dockerfile));
  const builder = new StageBuilder({
    ...parts,
    ...request,
    context,
    bases,
    platform: request.platform ?? hostPlatform,
    tellLines: parts.outcomes.begin(text),
  });
  try {
    if (plan.contextPaths === 'all' || plan.contextPaths.length > 0) {
      await request.progress.step(await vertexDigest(parts, 'context'), '[internal] load build context', async (step) =>
        step.status('transferring context:', { name: 'transferring' }).done(request.context.sizeBytes),
      );
    }
    let state: StageState | undefined;
    for (const stage of plan.stages) {
      const built = await builder.build(stage);
      if (stage === plan.target) state = built;
    }
    const digest = await vertexDigest(parts, 'export');
    return await request.progress.step(digest, 'exporting to image', (step) => exportImage(parts, request, plan.target, state!, step));
  } finally {
    builder.release();
  }
}

/** The rules of `docker build --check`, over all stages. */
export async function check(parts: BuildParts, request: SolveRequest): Promise<{ warnings: LintWarning[]; error?: BuildError }> {
  const text = await loadDefinition(parts, request, () => undefined);
  const bases = new Bases(parts.containers.ports.images, request);
  try {
    const { warnings, error } = await lintDockerfile(planRequest(text, request, bases));
    await loadIgnoreFile(parts, request);
    return { warnings, ...(error && { error: new BuildError(error, error.lines) }) };
  } finally {
    await bases.release();
  }
}

async function plannedBuild(parts: BuildParts, request: SolveRequest, bases: Bases): Promise<{ plan: BuildPlan; text: string }> {
  let plan: BuildPlan | undefined;
  // Warnings belong to the step that read the file.
  const text = await loadDefinition(parts, request, async (step, text) => {
    try {
      plan = await planBuild(planRequest(text, request, bases));
    } catch (error) {
      throw error instanceof BuildError ? error : new BuildError(error, error instanceof DockerfileError ? error.lines : undefined);
    }
    for (const warning of plan.warnings) step.warn(wireWarning(warning, request.dockerfile, text));
  });
  return { plan: plan!, text };
}

/** Reads the Dockerfile; the step is complete when it is read, whatever is made of it then. */
async function loadDefinition(
  parts: BuildParts,
  { progress, context, dockerfile }: SolveRequest,
  use: (step: Step, text: string) => Promise<void> | void,
): Promise<string> {
  const name = dockerfile.slice(dockerfile.lastIndexOf('/') + 1);
  const step = progress.start(await vertexDigest(parts, 'definition'), `[internal] load build definition from ${name}`);
  const { entry } = context.files.resolve(dockerfile);
  step.status('transferring dockerfile:', { name: 'transferring' }).done(entry?.content?.length ?? 2);
  step.complete();
  let text: string;
  try {
    text = context.readText(dockerfile);
  } catch (error) {
    throw new BuildError(error, undefined);
  }
  await use(step, text);
  return text;
}

async function loadIgnoreFile(parts: BuildParts, { progress, context, dockerfile }: SolveRequest): Promise<void> {
  await progress.step(await vertexDigest(parts, 'dockerignore'), '[internal] load .dockerignore', async (step) =>
    step.status('transferring context:', { name: 'transferring' }).done(ignoreFile(context, dockerfile)?.length ?? 2),
  );
}

function planRequest(dockerfile: string, request: SolveRequest, bases: Bases): PlanRequest {
  const { noCache, context } = request;
  const ignore = ignoreFile(context, request.dockerfile);
  return {
    dockerfile,
    buildArgs: request.buildArgs,
    target: request.target,
    labels: request.labels,
    platform: request.platform ?? hostPlatform,
    buildPlatform: hostPlatform,
    ...(ignore && { ignore: new IgnoreMatcher(readIgnoreFile(new TextDecoder().decode(ignore))) }),
    noCache: (stage) => (typeof noCache === 'boolean' ? noCache : noCache.includes(stage)),
    resolveImage: async ({ reference, platform, lines, explain }) => {
      if (!request.resolveImages) return { config: { ...platform, rootfs: { type: 'layers', diff_ids: [] } } };
      try {
        return await bases.base(reference, platform);
      } catch (error) {
        throw new BuildError(
          new EngineError(error instanceof EngineError ? error.kind : 'unknown', explain(messageOf(error)), { cause: error }),
          lines,
        );
      }
    },
  };
}

function ignoreFile(context: BuildContext, dockerfile: string): Uint8Array | undefined {
  return context.files.get(ignoreFileName(context, dockerfile))?.content;
}

/** A Dockerfile may have one of its own. */
function ignoreFileName({ files }: BuildContext, dockerfile: string): string {
  const own = `${dockerfile}.dockerignore`;
  return files.get(own) ? own : '.dockerignore';
}

async function exportImage(
  { containers }: BuildParts,
  request: SolveRequest,
  { image: planned }: PlannedStage,
  state: StageState,
  step: Step,
): Promise<Image> {
  const { images } = containers.ports;
  step.status('exporting layers').done();
  const config = builtImageConfig({ ...planned, diffIds: state.diffIds, layerTimes: state.layerTimes });
  const image = await images.store.create(config);
  step.status(`writing image ${image.id}`).done();
  for (const tag of request.tags) {
    const naming = step.status(`naming to ${fullString(tag)}`);
    images.tag(image, tag);
    naming.done();
  }
  return image;
}

function vertexDigest({ containers }: BuildParts, name: string): Promise<string> {
  return textDigest(containers.ports.images.ports.crypto, `${name} ${containers.ports.clock.now()}`);
}

function wireWarning(
  { rule, description, url, message, startLine, endLine }: LintWarning,
  filename: string,
  text: string,
): Parameters<Step['warn']>[0] {
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
