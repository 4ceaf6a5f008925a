/**
 * An image's configuration while the instructions of a stage are gone through, and what those that only describe an image
 * do to it. Both builders share it; where they differ, `style` says so.
 * Source: BuildKit dockerfile2llb, dispatchEnv and others; moby daemon/builder/dockerfile/dispatchers.go.
 */
import { parseSignal } from '../../container/signals.ts';
import { messageOf } from '../../errors.ts';
import { quote } from '../../go-quote.ts';
import type { RunConfig } from '../../oci/image-config.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { healthcheckText } from './healthcheck-text.ts';
import type { Command, CommandInstruction, Instruction, Pair } from './instructions/instruction.ts';
import { parsePorts } from './ports.ts';
import { splitEntry } from './stage-environment.ts';

export type BuilderStyle = 'buildkit' | 'classic';

/** Instructions that make no layer and run nothing; ARG, MAINTAINER and ONBUILD are each builder's own. */
export type ConfigInstruction = Exclude<Instruction, { kind: 'ADD' | 'ARG' | 'COPY' | 'MAINTAINER' | 'ONBUILD' | 'RUN' | 'WORKDIR' }>;

type Fields = Omit<RunConfig, 'Env' | 'Labels' | 'ExposedPorts' | 'Volumes'>;

export class ConfigDraft {
  /** Fields that are replaced as a whole. */
  readonly fields: Fields;
  /** Variables, each where it was first set. */
  readonly env: Map<string, string>;
  private readonly labels: Map<string, string>;
  private readonly ports: Set<string>;
  private readonly volumes: Set<string>;
  /** Whether this file gave a command: a new entrypoint drops the base's, which would not fit. */
  private commandGiven = false;

  constructor(base: RunConfig) {
    const { Env = [], Labels = {}, ExposedPorts = {}, Volumes = {}, ...fields } = base;
    this.fields = { ...fields };
    this.env = new Map(Env.map(splitEntry));
    this.labels = new Map(Object.entries(Labels));
    this.ports = new Set(Object.keys(ExposedPorts));
    this.volumes = new Set(Object.keys(Volumes));
  }

  /** The configuration so far, a copy; keys in the format's order, those of maps in the alphabet's. */
  result(): RunConfig {
    const { User, Entrypoint, Cmd, WorkingDir, StopSignal, ArgsEscaped, Healthcheck, OnBuild, Shell } = this.fields;
    const env = [...this.env].map(([name, value]) => `${name}=${value}`);
    return {
      ...(User && { User }),
      ...(this.ports.size > 0 && { ExposedPorts: sortedSet(this.ports) }),
      ...(env.length > 0 && { Env: env }),
      ...(Entrypoint?.length && { Entrypoint: [...Entrypoint] }),
      ...(Cmd?.length && { Cmd: [...Cmd] }),
      ...(this.volumes.size > 0 && { Volumes: sortedSet(this.volumes) }),
      ...(WorkingDir && { WorkingDir }),
      ...(this.labels.size > 0 && { Labels: Object.fromEntries([...this.labels].toSorted(([a], [b]) => (a < b ? -1 : 1))) }),
      ...(StopSignal && { StopSignal }),
      ...(ArgsEscaped && { ArgsEscaped }),
      ...(Healthcheck && { Healthcheck: { ...Healthcheck } }),
      ...(OnBuild?.length && { OnBuild: [...OnBuild] }),
      ...(Shell?.length && { Shell: [...Shell] }),
    };
  }

  setLabels(labels: Iterable<[string, string]>): void {
    for (const [key, value] of labels) this.labels.set(key, value);
  }

  /** The arguments with the shell in front, when they are for the shell. */
  commandLine({ args, shellForm }: Pick<Command, 'args' | 'shellForm'>): string[] {
    return shellForm ? [...this.shell(), args.join(' ')] : args;
  }

  shell(): string[] {
    const { Shell = [] } = this.fields;
    return Shell.length > 0 ? Shell : ['/bin/sh', '-c'];
  }

  /**
   * @param instruction with variables expanded; EXPOSE with its words
   * @returns the instruction as history has it
   * @throws DockerfileError
   */
  apply(instruction: ConfigInstruction, style: BuilderStyle): string {
    switch (instruction.kind) {
      case 'CMD':
      case 'ENTRYPOINT':
        return this.applyCommand(instruction, style);
      case 'ENV':
        for (const { key, value } of instruction.pairs) this.env.set(key, value);
        return pairsText('ENV', instruction.pairs);
      case 'EXPOSE':
        return this.expose(instruction.values, style);
      case 'HEALTHCHECK':
        this.fields.Healthcheck = instruction.healthcheck;
        return `HEALTHCHECK ${healthcheckText(instruction.healthcheck)}`;
      case 'LABEL':
        this.setLabels(instruction.pairs.map(({ key, value }) => [key, value]));
        return pairsText('LABEL', instruction.pairs);
      case 'SHELL':
        this.fields.Shell = instruction.values;
        return `SHELL [${instruction.values.join(' ')}]`;
      case 'STOPSIGNAL':
        checkSignal(instruction.value);
        this.fields.StopSignal = instruction.value;
        return `STOPSIGNAL ${instruction.value}`;
      case 'USER':
        this.fields.User = instruction.value;
        return `USER ${instruction.value}`;
      case 'VOLUME':
        if (instruction.values.includes('')) throw new DockerfileError('VOLUME specified can not be an empty string');
        for (const path of instruction.values) this.volumes.add(path);
        return `VOLUME [${instruction.values.join(' ')}]`;
    }
  }

  private applyCommand(instruction: CommandInstruction, style: BuilderStyle): string {
    const { fields } = this;
    const isEmpty = instruction.args.length === 0;
    const args = style === 'classic' && isEmpty ? this.bareCommand(instruction) : this.commandLine(instruction);
    if (style === 'classic') delete fields.ArgsEscaped;
    if (instruction.kind === 'CMD') {
      fields.Cmd = args;
      if (style === 'buildkit') fields.ArgsEscaped = true;
      this.commandGiven ||= style === 'buildkit' || !isEmpty;
    } else {
      fields.Entrypoint = args;
      if (!this.commandGiven) delete fields.Cmd;
    }
    return `${instruction.kind} [${args.map(quote).join(' ')}]`;
  }

  /** Without arguments the classic builder gives the shell none either, and an entrypoint no shell. */
  private bareCommand({ kind, shellForm }: CommandInstruction): string[] {
    return kind === 'CMD' && shellForm ? this.shell() : [];
  }

  private expose(specs: readonly string[], style: BuilderStyle): string {
    const ports = parsePorts(specs);
    for (const port of ports) this.ports.add(port);
    if (style === 'classic') return `EXPOSE ${specs.join(' ')}`;
    return `EXPOSE map[${ports
      .toSorted()
      .map((port) => `${port}:{}`)
      .join(' ')}]`;
  }
}

function pairsText(keyword: string, pairs: readonly Pair[]): string {
  return [keyword, ...pairs.map(({ key, value }) => `${key}=${value}`)].join(' ');
}

function checkSignal(signal: string): void {
  try {
    parseSignal(signal);
  } catch (error) {
    throw new DockerfileError(messageOf(error));
  }
}

function sortedSet(names: ReadonlySet<string>): Record<string, object> {
  return Object.fromEntries([...names].toSorted().map((name) => [name, {}]));
}
