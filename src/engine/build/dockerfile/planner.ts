/**
 * Works a plan out: arguments before the first FROM, the graph of stages, base images and their triggers, then each stage's
 * instructions in turn.
 * Source: BuildKit dockerfile2llb, toDispatchState.
 */
import { quote } from '../../go-quote.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { parsePlatform } from '../../image/platform.ts';
import { type Platform, platformText } from '../../oci/manifest.ts';
import { fullString, parseNormalizedNamed, type Reference, tagNameOnly, withDigest } from '../../oci/reference.ts';
import { joinPath } from '../../go-path.ts';
import { readDirective } from './directives.ts';
import { type BuildScope, dispatch } from './dispatch.ts';
import { DockerfileError, type LineRange, locating } from './dockerfile-error.ts';
import { featuresOf } from './features.ts';
import type { ArgInstruction, Stage } from './instructions/instruction.ts';
import { parseInstructions, parseTrigger, type ParseOptions } from './instructions/parse.ts';
import { checkCasing, checkDefaultBaseName, checkFromArgs, checkFromPlatform, checkStageNames } from './lint/checks.ts';
import type { Linter } from './lint/linter.ts';
import { parseDockerfile } from './parser.ts';
import type { BuildPlan, PlanRequest } from './plan.ts';
import { platformArgs } from './platform-args.ts';
import { ShellLexer } from './shell/lexer.ts';
import type { StageDraft } from './stage-draft.ts';
import { StageGraph } from './stage-graph.ts';
import { suggesting } from './suggest.ts';

/** More stages than a file needs. */
const maxStages = 2000;

export class Planner {
  private readonly buildArgs: ReadonlyMap<string, string>;
  private readonly options: ParseOptions;
  private readonly graph = new StageGraph();
  /** Names that ARG declares before the first FROM. */
  private readonly declaredArgs = new Set<string>();

  constructor(
    private readonly request: PlanRequest,
    private readonly lint: Linter,
  ) {
    this.buildArgs = request.buildArgs ?? new Map();
    this.options = { features: featuresOf(readDirective(request.dockerfile, 'syntax')?.value), lint };
  }

  async plan(): Promise<BuildPlan> {
    const { request, lint, graph } = this;
    if (request.dockerfile === '') throw new DockerfileError('the Dockerfile cannot be empty');
    const { scope, stages } = this.read();
    for (const stage of stages) this.addStage(stage, scope);
    const target = graph.target(request.target);
    graph.connect();
    graph.checkCircles();
    if (graph.stages.length === 1) graph.stages[0]!.shownName = '';
    const reachable = await this.resolveBases(target);
    for (const draft of graph.stages) {
      if (!draft.isPlanned && (request.allStages || reachable.has(draft))) this.goThrough(draft, scope, { isTarget: draft === target });
    }
    lint.check();
    const planned = [...reachable].filter((draft) => !(draft.isScratch && draft.origin.implicit));
    return {
      stages: graph.inOrder(planned).map((draft) => draft.planned),
      target: target.planned,
      warnings: lint.warnings,
      contextPaths: normalizedPaths(scope.contextPaths),
      platform: request.platform,
    };
  }

  /** Everything that can be said without looking at images. */
  private read(): { scope: BuildScope; stages: Stage[] } {
    const { request, lint, buildArgs } = this;
    const parsed = parseDockerfile(request.dockerfile);
    for (const { line } of parsed.warnings) lint.report('NoEmptyContinuation', { start: line, end: line });
    const { stages, metaArgs } = parseInstructions(parsed, this.options);
    const last = stages.at(-1);
    if (!last) throw new DockerfileError('dockerfile contains no stages to build');
    if (stages.length > maxStages) throw new DockerfileError('too many stages', stages[maxStages]!.lines);
    checkStageNames(stages, lint);
    checkCasing(stages, lint);
    const lexer = new ShellLexer(parsed.escape);
    const known = platformArgs(request.buildPlatform ?? request.platform, request.platform, request.target || last.name, buildArgs);
    this.checkDefaults(stages, lexer, known, metaArgs);
    const globalArgs = metaValues(lexer, known, metaArgs, buildArgs);
    const { platform, ignore } = request;
    const scope = { escape: parsed.escape, buildArgs, globalArgs, platform, lint, ignore, contextPaths: new Set<string>() };
    for (const { args } of metaArgs) for (const { key } of args) this.declaredArgs.add(key);
    return { scope, stages };
  }

  /** Base images should have names without arguments from outside. */
  private checkDefaults(stages: readonly Stage[], lexer: ShellLexer, known: ReadonlyMap<string, string>, metaArgs: ArgInstruction[]): void {
    try {
      const args = metaValues(lexer, known, metaArgs, new Map());
      for (const stage of stages) checkDefaultBaseName(stage, lexer.process(stage.baseName, args).result, this.lint);
    } catch (error) {
      // The same goes wrong when the file is used, and is said then.
      if (!(error instanceof DockerfileError)) throw error;
    }
  }

  private addStage(stage: Stage, { escape, globalArgs }: BuildScope): void {
    const { lint, declaredArgs } = this;
    const lexer = new ShellLexer(escape);
    locating(stage.lines, () => {
      const { result: baseName, unmatched } = lexer.process(stage.baseName, globalArgs);
      const known = new Set([...declaredArgs, ...globalArgs.keys()]);
      checkFromArgs(unmatched, known, stage.lines, lint);
      if (baseName === '') throw new DockerfileError(`base name (${stage.baseName}) should not be blank`);
      let platform: Platform | undefined;
      if (stage.platform !== '') {
        const expansion = lexer.process(stage.platform, globalArgs);
        checkFromArgs(expansion.unmatched, known, stage.lines, lint);
        checkFromPlatform(stage, expansion, globalArgs, lint);
        platform = stagePlatform(stage.platform, expansion.result, expansion.unmatched, globalArgs.keys());
      }
      const draft = this.graph.add(stage, baseName);
      draft.platform = platform;
      draft.noCache = this.request.noCache?.(stage.name) ?? false;
    });
  }

  /** Finds out about base images, as long as their triggers bring new ones; the stages that the target needs. */
  private async resolveBases(target: StageDraft): Promise<Set<StageDraft>> {
    for (;;) {
      const reachable = this.graph.reachableFrom(target);
      const wanted = this.request.allStages ? this.graph.stages : [...reachable];
      await Promise.all(wanted.map((draft) => this.resolveBase(draft)));
      let isNew = false;
      for (const draft of reachable) isNew = this.takeTriggers(draft) || isNew;
      if (!isNew) return reachable;
    }
  }

  private async resolveBase(draft: StageDraft): Promise<void> {
    if (draft.base || draft.resolved) return;
    draft.resolved = true;
    if (!draft.isScratch) {
      const { request, graph } = this;
      const { baseName: name, lines } = draft.origin;
      const platform = draft.platform ?? request.platform;
      const reference = imageReference(name, lines);
      const explain = (message: string): string => suggesting(`${name}: ${message}`, name, [...graph.names(), ...commonImages]);
      draft.image = await request.resolveImage({ name, reference: fullString(reference), platform, lines, explain });
      const { digest, config } = draft.image;
      draft.reference = fullString(digest === undefined ? reference : withDigest(reference, digest));
      draft.platform = platform;
      if (lines && (config.os !== platform.os || config.architecture !== platform.architecture)) {
        this.lint.report('InvalidBaseImagePlatform', lines, name, platformText(platform), platformText(config));
      }
    }
    if (!draft.origin.implicit) return;
    draft.begin(this.request.platform);
    draft.finish();
  }

  /** Puts the base's ONBUILD instructions in front; true when they take files from stages or images. */
  private takeTriggers(draft: StageDraft): boolean {
    if (draft.triggersTaken || draft.origin.implicit) return false;
    draft.triggersTaken = true;
    const { base, image, origin } = draft;
    const ofStage = base?.commands.flatMap(({ instruction }) => (instruction.kind === 'ONBUILD' ? [instruction.trigger] : [])) ?? [];
    const triggers = base ? ofStage : (image?.config.config?.OnBuild ?? []);
    const lines = origin.lines!;
    const instructions = triggers.map((trigger) => parseTrigger(trigger, lines, { ...this.options, lint: undefined }));
    return locating(lines, () => this.graph.prepend(draft, instructions));
  }

  private goThrough(draft: StageDraft, scope: BuildScope, { isTarget }: { isTarget: boolean }): void {
    draft.begin(this.request.platform);
    for (const command of draft.commands) locating(command.instruction.lines, () => dispatch(draft, command, scope));
    if (isTarget) draft.config.setLabels(this.request.labels ?? []);
    draft.finish();
  }
}

/** Values of the arguments before the first FROM; those given to the build win. */
function metaValues(
  lexer: ShellLexer,
  known: ReadonlyMap<string, string>,
  metaArgs: readonly ArgInstruction[],
  given: ReadonlyMap<string, string>,
): Map<string, string> {
  const values = new Map(known);
  for (const { args, lines } of metaArgs) {
    for (const { key, value } of args) {
      const set = given.get(key) ?? (value === undefined ? undefined : locating(lines, () => lexer.process(value, values).result));
      if (set === undefined) continue;
      values.delete(key);
      values.set(key, set);
    }
  }
  return values;
}

function stagePlatform(written: string, text: string, unmatched: ReadonlySet<string>, names: Iterable<string>): Platform {
  const known = [...names];
  const explained = (message: string): string => {
    const found = [...unmatched].map((name) => suggesting(message, name, known)).find((suggested) => suggested !== message);
    return found ?? message;
  };
  if (text === '') throw new DockerfileError(explained(`empty platform value from expression ${written}`));
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new DockerfileError(`failed to parse platform ${written}: ${explained(messageOf(error))}`);
  }
}

function imageReference(name: string, lines: LineRange | undefined): Reference {
  try {
    return tagNameOnly(parseNormalizedNamed(name));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DockerfileError(`failed to parse stage name ${quote(name)}: ${error.message}`, lines);
  }
}

const commonImages = ['alpine', 'busybox', 'centos', 'debian', 'golang', 'ubuntu', 'fedora'].flatMap((name) => [name, `${name}:latest`]);

function normalizedPaths(paths: ReadonlySet<string>): string[] | 'all' {
  if (paths.has('/')) return 'all';
  return [...paths].map((path) => joinPath('.', path.slice(1))).toSorted();
}
