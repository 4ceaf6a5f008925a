/**
 * The stages of a file and what they take from each other.
 * Source: BuildKit dockerfile2llb, dispatchStates, toCommand, validateCircularDependency.
 */
import { quote } from '../../go-quote.ts';
import { DockerfileError } from './dockerfile-error.ts';
import type { Instruction, Stage } from './instructions/instruction.ts';
import { mountFrom } from './instructions/run-mount.ts';
import { scratch, StageDraft, type StageCommand } from './stage-draft.ts';
import { suggesting } from './suggest.ts';

/** More stages and images than a file needs. */
const maxStages = 10_000;

export class StageGraph {
  /** Those of the file in order, then images that serve as sources. */
  readonly stages: StageDraft[] = [];
  private readonly registered = new Set<StageDraft>();
  private readonly byName = new Map<string, StageDraft>();
  private readonly written: { draft: StageDraft; instructions: readonly Instruction[] }[] = [];

  /** @param baseName with variables expanded */
  add(stage: Stage, baseName: string): StageDraft {
    const { name, lines, instructions } = stage;
    const draft = new StageDraft({ name, baseName, lines, implicit: false });
    if (name === '') draft.shownName = `stage-${this.stages.length}`;
    draft.base = this.byName.get(baseName);
    const from = baseName !== scratch && !draft.base ? 1 : 0;
    draft.stepTotal = from + instructions.filter(({ kind }) => stepKinds.has(kind)).length;
    this.register(draft);
    this.written.push({ draft, instructions });
    return draft;
  }

  names(): string[] {
    return this.stages.map((draft) => draft.shownName).filter((name) => name !== '');
  }

  /** @throws DockerfileError when there is none of that name */
  target(name: string | undefined): StageDraft {
    if (!name) return this.stages.at(-1)!;
    const found = this.byName.get(name.toLowerCase());
    if (found) return found;
    throw new DockerfileError(suggesting(`target stage ${quote(name)} could not be found`, name, this.names()));
  }

  /** Looks up where instructions take files from; once all stages are there. */
  connect(): void {
    for (const { draft, instructions } of this.written) {
      draft.commands = instructions.map((instruction) => this.command(draft, instruction, false));
    }
  }

  /** Puts triggers in front of a stage's instructions; true when they take files from stages or images. */
  prepend(draft: StageDraft, instructions: readonly Instruction[]): boolean {
    const commands = instructions.map((instruction) => this.command(draft, instruction, true));
    draft.commands = [...commands, ...draft.commands];
    draft.stepTotal += commands.length;
    return commands.some(({ sources }) => sources.length > 0);
  }

  /** @throws DockerfileError when stages need each other */
  checkCircles(): void {
    const visited = new Set<StageDraft>();
    const path = new Set<StageDraft>();
    const visit = (draft: StageDraft): Instruction | undefined => {
      if (visited.has(draft)) return undefined;
      visited.add(draft);
      path.add(draft);
      for (const [needed, instruction] of draft.needs) {
        const closing = path.has(needed) ? instruction : visit(needed);
        if (closing) return closing;
      }
      path.delete(draft);
      return undefined;
    };
    for (const draft of this.stages) {
      const closing = visit(draft);
      if (closing) throw new DockerfileError(`circular dependency detected on stage: ${draft.shownName}`, closing.lines);
    }
  }

  reachableFrom(target: StageDraft): Set<StageDraft> {
    const reachable = new Set<StageDraft>();
    const pending = [target];
    for (let draft = pending.pop(); draft; draft = pending.pop()) {
      if (reachable.has(draft)) continue;
      reachable.add(draft);
      pending.push(...(draft.base ? [draft.base] : []), ...draft.needs.keys());
    }
    return reachable;
  }

  /** Images first, then stages as they are in the file: each after those it needs. */
  inOrder(drafts: readonly StageDraft[]): StageDraft[] {
    const place = new Map(this.stages.map((draft, index) => [draft, draft.origin.implicit ? index - this.stages.length : index]));
    return drafts.toSorted((a, b) => place.get(a)! - place.get(b)!);
  }

  private command(draft: StageDraft, instruction: Instruction, isTrigger: boolean): StageCommand {
    const sources = this.sourcesOf(instruction);
    for (const source of sources) {
      draft.needs.set(source, instruction);
      if (source.origin.implicit && !this.registered.has(source)) this.register(source);
    }
    return { instruction, sources, isTrigger };
  }

  private sourcesOf(instruction: Instruction): StageDraft[] {
    if (instruction.kind === 'RUN') return instruction.mounts.map((mount) => this.named(mountFrom(mount) || scratch));
    if (instruction.kind !== 'COPY' || instruction.from === '') return [];
    const { from, lines } = instruction;
    if (!/^[+-]?\d+$/.test(from)) return [this.named(from, lines)];
    const stage = this.stages[Number(from)];
    if (!stage) throw new DockerfileError(`invalid stage index ${Number(from)}`, lines);
    return [stage];
  }

  /** A stage of that name, or the image. */
  private named(name: string, lines?: Instruction['lines']): StageDraft {
    const stage = this.byName.get(name.toLowerCase());
    return stage ?? new StageDraft({ name: '', baseName: name, lines, implicit: true });
  }

  private register(draft: StageDraft): void {
    if (this.stages.length >= maxStages) throw new DockerfileError('too many stages', draft.origin.lines);
    this.stages.push(draft);
    this.registered.add(draft);
    if (draft.origin.name !== '') this.byName.set(draft.origin.name, draft);
  }
}

const stepKinds: ReadonlySet<Instruction['kind']> = new Set(['ADD', 'COPY', 'RUN', 'WORKDIR']);
