/**
 * The plan of a build: what of a Dockerfile has to be carried out for a target, in which order, with all variables expanded
 * and every effect on the image's configuration known. Nothing is carried out here, and the only thing asked for is the
 * configuration of base images.
 * Source: BuildKit 0.22 frontend/dockerfile/dockerfile2llb; its results and errors are the measure.
 */
import type { HistoryEntry, ImageConfigFile, RunConfig } from '../../oci/image-config.ts';
import type { Platform } from '../../oci/manifest.ts';
import type { IgnoreMatcher } from '../dockerignore/matcher.ts';
import type { LineRange } from './dockerfile-error.ts';
import type { MountSharing } from './instructions/run-mount.ts';
import { Linter, type LintWarning } from './lint/linter.ts';
import { Planner } from './planner.ts';

export interface PlanRequest {
  dockerfile: string;
  buildArgs?: ReadonlyMap<string, string> | undefined;
  /** A stage's name; empty or undefined: the last stage. */
  target?: string | undefined;
  /** Labels from outside of the file. */
  labels?: ReadonlyMap<string, string> | undefined;
  /** What is built for. */
  platform: Platform;
  /** What is built on; the same unless given. */
  buildPlatform?: Platform | undefined;
  /** For the check that what is copied is not left out. */
  ignore?: IgnoreMatcher | undefined;
  noCache?: ((stageName: string) => boolean) | undefined;
  /** Also goes through stages that the target does not need. */
  allStages?: boolean | undefined;
  resolveImage(image: BaseImageRequest): Promise<ResolvedImage>;
}

export interface BaseImageRequest {
  /** As written, variables expanded: `busybox`. */
  name: string;
  /** In full: `docker.io/library/busybox:latest`. */
  reference: string;
  platform: Platform;
  lines: LineRange | undefined;
  /** An error's message with the name in front, and what may have been meant instead. */
  explain(message: string): string;
}

export interface ResolvedImage {
  config: ImageConfigFile;
  /** Shown in the step's name. */
  digest?: string | undefined;
}

export interface BuildPlan {
  /** What is needed, each after those it needs. */
  stages: PlannedStage[];
  target: PlannedStage;
  warnings: LintWarning[];
  /** Paths of the build context that are read. */
  contextPaths: string[] | 'all';
  platform: Platform;
}

/** A stage; or an image that only serves as a source. */
export interface PlannedStage {
  /** `builder`, `stage-1`; empty when it is the only one. */
  readonly name: string;
  readonly base: PlannedBase;
  /** True for the image of `COPY --from=nginx`: it has no operations. */
  readonly implicit: boolean;
  readonly platform: Platform;
  /** Those that make layers; each pairs up with a history entry that is not empty. */
  readonly operations: Operation[];
  readonly image: PlannedImage;
  readonly noCache: boolean;
  readonly lines: LineRange | undefined;
}

export type PlannedBase =
  | { kind: 'scratch' }
  | { kind: 'stage'; stage: PlannedStage }
  | { kind: 'image'; reference: string; digest: string | undefined; config: ImageConfigFile; step: string };

/** The image as the stage leaves it, but for layers and times. */
export interface PlannedImage {
  config: RunConfig;
  author: string | undefined;
  /** The base's, then this stage's, without times. */
  history: HistoryEntry[];
  architecture: string;
  os: string;
  variant: string | undefined;
}

export type Operation = RunOperation | CopyOperation | WorkdirOperation;

interface Step {
  /** As progress shows it: `[stage-1 2/4] RUN make`. */
  step: string;
  /** The instruction as written. */
  code: string;
  lines: LineRange;
}

export interface RunOperation extends Step {
  kind: 'run';
  /** With the shell in front. */
  args: string[];
  env: string[];
  workdir: string;
  user: string;
  network: 'default' | 'none' | 'host';
  security: 'sandbox' | 'insecure';
  mounts: PlannedMount[];
  /** A script of the Dockerfile, to be found at this path. */
  script: { path: string; content: string } | undefined;
  /** Variables for the process that are not part of what is cached. */
  proxy: string[];
}

export interface CopyOperation extends Step {
  kind: 'copy';
  instruction: 'ADD' | 'COPY';
  sources: PlannedSource[];
  /** Absolute; a slash at the end says that it is a directory. */
  dest: string;
  /** `user:group`, names or numbers; empty for root. */
  chown: string;
  /** Bits, or changes (`u+x`). */
  chmod: number | string | undefined;
  link: boolean;
  exclude: string[];
}

export interface WorkdirOperation extends Step {
  kind: 'workdir';
  path: string;
  /** Whose the directory is when it has to be made; empty for root. */
  user: string;
}

export type Origin = { kind: 'context' } | { kind: 'scratch' } | { kind: 'stage'; stage: PlannedStage };

export type PlannedSource =
  /** `include`: of `--parents`, the pattern below `path` that is taken with its directories. */
  | { kind: 'path'; from: Origin; path: string; include: string[]; unpack: boolean }
  | { kind: 'content'; name: string; data: string }
  | { kind: 'http'; url: string; fileName: string; checksum: string | undefined }
  | { kind: 'git'; remote: string; commit: string; subdir: string; keepGitDir: boolean; checksum: string | undefined };

interface FileOwner {
  uid: number | undefined;
  gid: number | undefined;
  mode: number | undefined;
}

export type PlannedMount =
  | { type: 'bind'; target: string; from: Origin; source: string; readOnly: boolean }
  | ({ type: 'cache'; target: string; from: Origin; source: string; readOnly: boolean; id: string; sharing: MountSharing } & FileOwner)
  | { type: 'tmpfs'; target: string; readOnly: boolean; sizeBytes: number }
  /** A file at `target`, a variable, or both. */
  | ({ type: 'secret'; id: string; target: string | undefined; env: string | undefined; required: boolean } & FileOwner)
  | ({ type: 'ssh'; id: string; target: string | undefined; required: boolean } & FileOwner);

/** @throws DockerfileError, and what `resolveImage` throws */
export async function planBuild(request: PlanRequest): Promise<BuildPlan> {
  return new Planner(request, Linter.of(request.dockerfile)).plan();
}
