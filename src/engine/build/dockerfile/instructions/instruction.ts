/**
 * The instructions of a Dockerfile as values, before variables are expanded. One union; `kind` says which.
 * Source: Dockerfile reference; BuildKit frontend/dockerfile/instructions/commands.go.
 */
import type { Healthcheck } from '../../../oci/image-config.ts';
import type { LineRange } from '../dockerfile-error.ts';

interface Written {
  /** The instruction as it stands in the file, continuations joined. */
  code: string;
  /** As written: `RUN`, `run`. */
  keyword: string;
  lines: LineRange;
}

export interface Pair {
  key: string;
  value: string;
  /** The older form, `KEY value`. */
  legacy: boolean;
}

export interface ArgDefinition {
  key: string;
  /** Undefined without a default. */
  value: string | undefined;
  /** The comment above that begins with the name. */
  comment: string;
}

/** A file given within the Dockerfile. */
export interface InlineFile {
  name: string;
  data: string;
  /** Whether variables are expanded in it. */
  expand: boolean;
}

/** A here-document of RUN. */
export interface ScriptFile {
  name: string;
  data: string;
  /** Whether leading tabs are still to be taken off. */
  chomp: boolean;
}

/** A command in shell form (one text for the shell) or exec form. */
export interface Command {
  args: string[];
  shellForm: boolean;
  files: ScriptFile[];
}

interface Transfer extends Written {
  sources: string[];
  files: InlineFile[];
  dest: string;
  chown: string;
  chmod: string;
  link: boolean;
  exclude: string[];
}

export interface AddInstruction extends Transfer {
  kind: 'ADD';
  keepGitDir: boolean;
  checksum: string;
}

export interface CopyInstruction extends Transfer {
  kind: 'COPY';
  /** A stage's name or number, or an image; empty for the build context. */
  from: string;
  parents: boolean;
}

export interface RunInstruction extends Written, Command {
  kind: 'RUN';
  /** Names of the flags given, in order. */
  flagsUsed: string[];
  /** The `--mount` values as written; see run-mount.ts. */
  mounts: string[];
  network: 'default' | 'none' | 'host';
  security: 'sandbox' | 'insecure';
  devices: string[];
}

export interface CommandInstruction extends Written, Command {
  kind: 'CMD' | 'ENTRYPOINT';
}

export interface ArgInstruction extends Written {
  kind: 'ARG';
  args: ArgDefinition[];
}

export interface PairsInstruction extends Written {
  kind: 'ENV' | 'LABEL';
  pairs: Pair[];
  /** True for labels from outside of the file: they are taken as they are. */
  verbatim?: boolean;
}

export interface ListInstruction extends Written {
  kind: 'EXPOSE' | 'VOLUME' | 'SHELL';
  values: string[];
}

export interface ValueInstruction extends Written {
  kind: 'STOPSIGNAL' | 'USER';
  value: string;
}

export interface MaintainerInstruction extends Written {
  kind: 'MAINTAINER';
  value: string;
}

export interface WorkdirInstruction extends Written {
  kind: 'WORKDIR';
  value: string;
}

export interface HealthcheckInstruction extends Written {
  kind: 'HEALTHCHECK';
  healthcheck: Healthcheck;
}

export interface OnbuildInstruction extends Written {
  kind: 'ONBUILD';
  /** The instruction to run later, with its here-documents. */
  trigger: string;
}

export type Instruction =
  | AddInstruction
  | ArgInstruction
  | CommandInstruction
  | CopyInstruction
  | HealthcheckInstruction
  | ListInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | PairsInstruction
  | RunInstruction
  | ValueInstruction
  | WorkdirInstruction;

/** A FROM and what follows it. */
export interface Stage {
  /** Lower case; empty without AS. */
  name: string;
  /** As written, variables not expanded. */
  baseName: string;
  platform: string;
  instructions: Instruction[];
  code: string;
  keyword: string;
  lines: LineRange;
  /** The comment above that begins with the stage's name. */
  comment: string;
}
