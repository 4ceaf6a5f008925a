/** Placeholder until the front end's own file is here. */
import type { RunConfig } from '../../oci/image-config.ts';
import type { ArgInstruction, Instruction, Stage } from './instructions/instruction.ts';

export type ClassicEffect =
  | { kind: 'config'; command: string[] }
  | { kind: 'workdir'; path: string; command: string[] }
  | { kind: 'run'; args: string[]; env: string[]; command: string[] }
  | {
      kind: 'copy';
      instruction: 'ADD' | 'COPY';
      sources: string[];
      dest: string;
      chown: string;
      from: string;
      command: (hash: string) => string[];
    };

export class ClassicArgs {
  constructor(_args: ReadonlyMap<string, string | undefined>) {
    throw new Error('the classic builder is not here yet');
  }
  declareMeta(_arg: ArgInstruction, _escape: string): void {}
  unused(): string[] {
    return [];
  }
}

export class ClassicStage {
  config: RunConfig = {};
  author: string | undefined;
  triggers: string[] = [];
  notes: string[] = [];
  constructor(_given: { args: ClassicArgs; escape: string; base: RunConfig | undefined; os: string }) {}
  dispatch(_instruction: Instruction): ClassicEffect {
    throw new Error('the classic builder is not here yet');
  }
}

export function expandFrom(_args: ClassicArgs, _escape: string, _stage: Stage): { name: string; platform?: string } {
  throw new Error('the classic builder is not here yet');
}
