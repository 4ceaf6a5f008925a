/**
 * Docker's classic builder, as far as the Dockerfile goes: takes one instruction at a time, changes the configuration, and
 * says what is to be done and how history tells of it. It knows no BuildKit features and says so.
 * Source: moby daemon/builder/dockerfile/dispatchers.go.
 */
import { joinPath } from '../../go-path.ts';
import type { RunConfig } from '../../oci/image-config.ts';
import type { ClassicArgs } from './classic-args.ts';
import { ConfigDraft } from './config-draft.ts';
import { DockerfileError, locating } from './dockerfile-error.ts';
import { expandInstruction } from './expand.ts';
import type { AddInstruction, CopyInstruction, Instruction, PairsInstruction, RunInstruction, Stage } from './instructions/instruction.ts';
import { parseMount } from './instructions/run-mount.ts';
import { type Environment, ShellLexer } from './shell/lexer.ts';
import { withPath } from './stage-environment.ts';

export type ClassicEffect =
  /** Only the configuration has changed. `command` is what history shows, joined by blanks. */
  | { kind: 'config'; command: string[] }
  /** The directory is made when it is not there. */
  | { kind: 'workdir'; path: string; command: string[] }
  /** `env` has the build arguments; `command` names those that count. */
  | { kind: 'run'; args: string[]; env: string[]; command: string[] }
  | {
      kind: 'copy';
      instruction: 'ADD' | 'COPY';
      sources: string[];
      /** As written; relative to the working directory. */
      dest: string;
      chown: string;
      /** A stage's name or number, or an image; empty for the build context. */
      from: string;
      /** @param hash of what is copied: `file:…`, `dir:…`, `multi:…` */
      command: (hash: string) => string[];
    };

export interface ClassicStageOptions {
  /** Of the build; those that this stage declares count for it alone. */
  args: ClassicArgs;
  escape: string;
  /** Undefined for scratch. */
  base: RunConfig | undefined;
  /** Takes `base` as it is, with its ONBUILD instructions and whatever variables it has. */
  asIs?: boolean;
}

export class ClassicStage {
  /** ONBUILD instructions of the base, to be carried out first. */
  readonly triggers: readonly string[];
  author: string | undefined;
  /** Lines to print, taken by the caller: `Note: overriding previous HEALTHCHECK: …`. */
  notes: string[] = [];
  private readonly draft: ConfigDraft;
  private readonly args: ClassicArgs;
  private readonly lexer: ShellLexer;

  constructor({ args, escape, base = {}, asIs = false }: ClassicStageOptions) {
    this.args = args.forStage();
    this.lexer = new ShellLexer(escape);
    this.draft = new ConfigDraft(base);
    this.triggers = asIs ? [] : (base.OnBuild ?? []);
    if (asIs) return;
    delete this.draft.fields.OnBuild;
    for (const [name, value] of withPath(this.draft.env)) this.draft.env.set(name, value);
  }

  /** After the instructions so far; a copy. */
  get config(): RunConfig {
    return this.draft.result();
  }

  /** @throws DockerfileError */
  dispatch(written: Instruction): ClassicEffect {
    return locating(written.lines, () => {
      const { draft } = this;
      const args = this.args.visible(draft.env);
      const environment: Environment = {
        get: (name) => draft.env.get(name) ?? args.get(name),
        keys: () => [...draft.env.keys(), ...args.keys()],
      };
      const expand = (word: string): string => this.lexer.process(word, environment).result;
      // Here-documents are not looked into.
      const instruction = expandInstruction(written, expand, (data) => data);
      return this.carryOut(instruction, args, environment, expand);
    });
  }

  private carryOut(
    instruction: Instruction,
    args: ReadonlyMap<string, string>,
    environment: Environment,
    expand: (word: string) => string,
  ): ClassicEffect {
    const { draft } = this;
    switch (instruction.kind) {
      case 'ADD':
      case 'COPY':
        return this.copy(instruction);
      case 'RUN':
        return this.run(instruction, args, expand);
      case 'WORKDIR': {
        if (instruction.value === '') throw new DockerfileError('cannot normalize nothing');
        const path = instruction.value.startsWith('/')
          ? instruction.value
          : joinPath('/', draft.fields.WorkingDir ?? '', instruction.value);
        draft.fields.WorkingDir = path;
        return { kind: 'workdir', path, command: [...draft.shell(), `#(nop) WORKDIR ${path}`] };
      }
      case 'ARG': {
        const declared = instruction.args.map(({ key, value }) => ({
          key: expand(key),
          value: value === undefined ? undefined : expand(value),
        }));
        for (const { key, value } of declared) this.args.declare(key, value);
        return this.described(`ARG ${declared.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join(' ')}`);
      }
      case 'MAINTAINER':
        this.author = instruction.value;
        return this.described(`MAINTAINER ${instruction.value}`);
      case 'ONBUILD':
        draft.fields.OnBuild = [...(draft.fields.OnBuild ?? []), instruction.trigger];
        return this.described(`ONBUILD ${instruction.trigger}`);
      case 'EXPOSE': {
        const values = instruction.values.flatMap((value) => this.lexer.process(value, environment).words);
        return this.described(draft.apply({ ...instruction, values }, 'classic'));
      }
      case 'HEALTHCHECK': {
        const [type, ...test] = draft.fields.Healthcheck?.Test ?? [];
        if (type !== undefined && type !== 'NONE') {
          this.notes.push(`Note: overriding previous HEALTHCHECK: [${[type, ...test].join(' ')}]`);
        }
        return this.described(draft.apply(instruction, 'classic'));
      }
      case 'CMD':
      case 'ENTRYPOINT':
      case 'ENV':
      case 'LABEL':
      case 'SHELL':
      case 'STOPSIGNAL':
      case 'USER':
      case 'VOLUME':
        return this.described(draft.apply(instruction, 'classic'));
    }
  }

  private described(text: string): ClassicEffect {
    return { kind: 'config', command: [...this.draft.shell(), '#(nop) ', text] };
  }

  private copy(instruction: AddInstruction | CopyInstruction): ClassicEffect {
    const { kind, sources, dest, chown, chmod } = instruction;
    if (chmod !== '') throw needsBuildKit('chmod');
    if (sources.length === 0) throw new DockerfileError(`${kind} failed: no source files were specified`);
    const from = kind === 'COPY' ? instruction.from : '';
    const owner = chown === '' ? '' : `--chown=${chown} `;
    const shell = this.draft.shell();
    const command = (hash: string): string[] => [...shell, `#(nop) ${kind} ${owner}${hash} in ${dest} `];
    return { kind: 'copy', instruction: kind, sources, dest, chown, from, command };
  }

  private run(instruction: RunInstruction, visible: ReadonlyMap<string, string>, expand: (word: string) => string): ClassicEffect {
    // What is wrong with a mount comes before that there are none.
    for (const mount of instruction.mounts) parseMount(mount, expand);
    const [flag] = instruction.flagsUsed;
    if (flag !== undefined) throw needsBuildKit(flag);
    const bare = instruction.shellForm && instruction.args.length === 0;
    const args = bare ? this.draft.shell() : this.draft.commandLine(instruction);
    const given = [...visible].map(([name, value]) => `${name}=${value}`);
    const counted = [...visible].filter(([name]) => this.args.counts(name)).map(([name, value]) => `${name}=${value}`);
    const env = [...[...this.draft.env].map(([name, value]) => `${name}=${value}`), ...given];
    const command = given.length > 0 ? [`|${counted.length}`, ...counted.toSorted(), ...args] : args;
    return { kind: 'run', args, env, command };
  }
}

/** Base and platform of a FROM, variables expanded. @throws DockerfileError */
export function expandFrom(args: ClassicArgs, escape: string, stage: Stage): { name: string; platform: string } {
  const lexer = new ShellLexer(escape);
  const values = args.metaValues();
  return locating(stage.lines, () => {
    const platform = lexer.process(stage.platform, values).result;
    const name = lexer.process(stage.baseName, values).result;
    if (name === '') throw new DockerfileError(`base name (${stage.baseName}) should not be blank`);
    return { name, platform };
  });
}

/** A label from outside of the file, as an instruction at its end. */
export function labelInstruction(key: string, value: string): PairsInstruction {
  const pairs = [{ key, value, legacy: false }];
  return { kind: 'LABEL', keyword: 'label', code: `LABEL ${key}=${value}`, lines: { start: 0, end: 0 }, pairs, verbatim: true };
}

function needsBuildKit(flag: string): DockerfileError {
  const where = 'Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled';
  return new DockerfileError(`the --${flag} option requires BuildKit. ${where}`);
}
