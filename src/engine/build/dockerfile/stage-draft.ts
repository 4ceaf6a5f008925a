/**
 * A stage while it is planned: what it depends on, and what its instructions so far have made of its image.
 * Source: BuildKit dockerfile2llb, dispatchState.
 */
import { assert } from '../../assert.ts';
import { joinPath } from '../../go-path.ts';
import type { HistoryEntry } from '../../oci/image-config.ts';
import type { Platform } from '../../oci/manifest.ts';
import { ConfigDraft } from './config-draft.ts';
import { DockerfileError, type LineRange } from './dockerfile-error.ts';
import type { ArgDefinition, Instruction } from './instructions/instruction.ts';
import type { Operation, PlannedBase, PlannedStage, ResolvedImage } from './plan.ts';
import { StageEnvironment, withPath } from './stage-environment.ts';

export const historyComment = 'buildkit.dockerfile.v0';
export const scratch = 'scratch';

/** An instruction and the stages it takes files from, in the order of its sources. */
export interface StageCommand {
  instruction: Instruction;
  sources: StageDraft[];
  /** Set off by the base's ONBUILD. */
  isTrigger: boolean;
}

/** More steps in a stage than there may be layers in an image, several times. */
const maxOperations = 1024;
/** Characters of a stage's history. */
const maxHistoryLength = 1 << 26;

export interface StageOrigin {
  /** Variables expanded. */
  baseName: string;
  name: string;
  lines: LineRange | undefined;
  implicit: boolean;
}

export class StageDraft {
  /** What progress calls it. */
  shownName: string;
  /** The earlier stage that this one begins with. */
  base: StageDraft | undefined;
  platform: Platform | undefined;
  /** Stages it takes files from, and the instruction that does. */
  readonly needs = new Map<StageDraft, Instruction>();
  commands: StageCommand[] = [];
  stepTotal = 0;
  noCache = false;
  /** Set when the base image is known. */
  image: ResolvedImage | undefined;
  reference = '';
  /** True when there is nothing left to do before its instructions are gone through. */
  resolved = false;
  triggersTaken = false;
  private plannedStage: PlannedStage | undefined;
  private fromStep = '';

  config = new ConfigDraft({});
  env = new StageEnvironment();
  author: string | undefined;
  history: HistoryEntry[] = [];
  /** ARG instructions so far, the base's first. */
  args: ArgDefinition[] = [];
  /** Their names. */
  declared = new Set<string>();
  readonly operations: Operation[] = [];
  /** Whether this file set a working directory. */
  workdirGiven = false;
  readonly given: Partial<Record<'CMD' | 'ENTRYPOINT' | 'HEALTHCHECK', LineRange>> = {};
  private steps = 0;
  private historyLength = 0;

  constructor(readonly origin: StageOrigin) {
    this.shownName = origin.name;
  }

  get isScratch(): boolean {
    return !this.base && this.origin.baseName === scratch;
  }

  /** Its result can be used: all its instructions were gone through, or it has none. */
  get isPlanned(): boolean {
    return this.plannedStage !== undefined;
  }

  get planned(): PlannedStage {
    assert(this.plannedStage, 'a stage is planned before those that use it');
    return this.plannedStage;
  }

  get workdir(): string {
    return this.config.fields.WorkingDir || '/';
  }

  get user(): string {
    return this.config.fields.User ?? '';
  }

  /** Takes over what the base is. */
  begin(platform: Platform): void {
    const { base, image } = this;
    this.platform = base?.platform ?? this.platform ?? platform;
    if (base) {
      this.config = new ConfigDraft(base.config.result());
      this.env = base.env.copy();
      this.author = base.author;
      this.history = [...base.history];
      this.args = [...base.args];
      this.declared = new Set(base.declared);
      this.workdirGiven = base.workdirGiven;
    } else if (image) {
      this.config = new ConfigDraft(image.config.config ?? {});
      this.author = image.config.author;
      this.history = [...(image.config.history ?? [])];
      if (this.hasLayers()) this.fromStep = this.step(`FROM ${this.reference}`, false);
    } else this.config = new ConfigDraft({ WorkingDir: '/' });
    const { config } = this;
    delete config.fields.OnBuild;
    for (const [name, value] of withPath(config.env)) {
      config.env.set(name, value);
      this.env.set(name, value);
    }
    if (config.fields.WorkingDir) config.fields.WorkingDir = resolvedPath(config.fields.WorkingDir, config.fields.WorkingDir);
  }

  /** All instructions were gone through. */
  finish(): void {
    assert(this.platform, 'a stage that was begun has a platform');
    const { base, image, platform, origin } = this;
    const from: PlannedBase = base
      ? { kind: 'stage', stage: base.planned }
      : image
        ? { kind: 'image', reference: this.reference, digest: image.digest, config: image.config, step: this.fromStep }
        : { kind: 'scratch' };
    const root = base ? base.planned.image : image?.config;
    this.plannedStage = {
      name: this.shownName,
      base: from,
      implicit: origin.implicit,
      platform,
      operations: this.operations,
      image: {
        config: this.config.result(),
        author: this.author,
        history: this.history,
        architecture: root?.architecture ?? platform.architecture,
        os: root?.os ?? platform.os,
        variant: root ? root.variant : platform.variant,
      },
      noCache: this.noCache,
      lines: origin.lines,
    };
  }

  /** The name of a step; each counts once. */
  step(text: string, isTrigger: boolean): string {
    if (this.stepTotal === 0) return text;
    const total = String(this.stepTotal);
    const index = String(++this.steps).padStart(total.length);
    const name = this.shownName === '' ? '' : `${this.shownName} `;
    return `[${name}${index}/${total}] ${isTrigger ? 'ONBUILD ' : ''}${text}`;
  }

  add(operation: Operation): void {
    if (this.operations.length >= maxOperations) throw new DockerfileError('max depth exceeded', operation.lines);
    this.operations.push(operation);
  }

  /** @param madeBy by a step that has run, whose text ends in a mark that says so */
  record(text: string, { layer = false, madeBy = false } = {}): void {
    this.historyLength += text.length;
    if (this.historyLength > maxHistoryLength) throw new DockerfileError('image history too large');
    const created_by = madeBy ? `${text} # buildkit` : text;
    this.history.push({ created_by, comment: historyComment, ...(!layer && { empty_layer: true }) });
  }

  /** An image of no layers is as good as none. */
  private hasLayers(): boolean {
    const { rootfs, history = [] } = this.image!.config;
    return rootfs.diff_ids.length > 0 || history.some((entry) => !entry.empty_layer);
  }
}

/** A path as seen from a directory; one from the root stays as it is written. */
export function resolvedPath(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  const from = directory.startsWith('/') ? directory : joinPath('/', directory);
  return path === '' ? from : joinPath(from, path);
}
