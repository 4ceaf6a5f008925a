/**
 * Goes through a stage's instructions one by one: variables, configuration, history, operations, build checks.
 * Source: BuildKit dockerfile2llb, dispatch.
 */
import type { Platform } from '../../oci/manifest.ts';
import type { IgnoreMatcher } from '../dockerignore/matcher.ts';
import { expandInstruction } from './expand.ts';
import type { ArgInstruction, Instruction, WorkdirInstruction } from './instructions/instruction.ts';
import { checkNoSecret, checkUndefined, neverVariables } from './lint/checks.ts';
import type { Linter } from './lint/linter.ts';
import { planCopy } from './plan-copy.ts';
import { planRun } from './plan-run.ts';
import { type Environment, ShellLexer } from './shell/lexer.ts';
import { shownCode } from './shown-code.ts';
import { resolvedPath, type StageCommand, type StageDraft } from './stage-draft.ts';

/** What all stages of a build share. */
export interface BuildScope {
  escape: string;
  buildArgs: ReadonlyMap<string, string>;
  /** ARG instructions before the first FROM, and the platform's. */
  globalArgs: Environment;
  platform: Platform;
  lint: Linter;
  ignore: IgnoreMatcher | undefined;
  /** Paths of the build context that are read. */
  contextPaths: Set<string>;
}

/** @throws DockerfileError */
export function dispatch(draft: StageDraft, command: StageCommand, scope: BuildScope): void {
  const { lint } = scope;
  const lexer = new ShellLexer(scope.escape);
  const files = new ShellLexer('\\', { skipQuotes: true });
  const expandWith =
    (by: ShellLexer) =>
    (word: string): string => {
      const { result, unmatched } = by.process(word, draft.env);
      checkUndefined(unmatched, draft.declared, draft.env, command.instruction.lines, lint);
      return result;
    };
  const expand = expandWith(lexer);
  const instruction = expandInstruction(command.instruction, expand, expandWith(files));
  checkInstruction(draft, instruction, lint);
  switch (instruction.kind) {
    case 'ADD':
    case 'COPY':
      return planCopy(draft, { ...command, instruction }, scope);
    case 'RUN':
      return planRun(draft, { ...command, instruction }, scope, expand);
    case 'WORKDIR':
      return planWorkdir(draft, instruction, command, lexer);
    case 'ARG':
      return declare(draft, instruction, scope, expand);
    case 'MAINTAINER':
      draft.author = instruction.value;
      return draft.record(`MAINTAINER ${instruction.value}`);
    case 'ONBUILD':
      // Tells of itself when it is set off.
      draft.config.fields.OnBuild = [...(draft.config.fields.OnBuild ?? []), instruction.trigger];
      return;
    case 'EXPOSE': {
      const values = instruction.values.flatMap((value) => lexer.process(value, draft.env).words);
      return draft.record(draft.config.apply({ ...instruction, values }, 'buildkit'));
    }
    case 'ENV':
      for (const { key, value } of instruction.pairs) draft.env.set(key, value);
      return draft.record(draft.config.apply(instruction, 'buildkit'));
    case 'CMD':
    case 'ENTRYPOINT':
    case 'HEALTHCHECK':
    case 'LABEL':
    case 'SHELL':
    case 'STOPSIGNAL':
    case 'USER':
    case 'VOLUME':
      return draft.record(draft.config.apply(instruction, 'buildkit'));
  }
}

function checkInstruction(draft: StageDraft, instruction: Instruction, lint: Linter): void {
  const { kind, keyword, lines } = instruction;
  if (kind === 'ENV' || kind === 'LABEL') {
    for (const { key, legacy } of instruction.pairs) {
      if (legacy) lint.report('LegacyKeyValueFormat', lines, keyword);
      if (kind === 'ENV') checkNoSecret('ENV', key, lines, lint);
    }
  }
  if (kind === 'CMD' || kind === 'ENTRYPOINT' || kind === 'HEALTHCHECK') {
    const earlier = draft.given[kind];
    // It is the earlier one that has no effect.
    if (earlier) lint.report('MultipleInstructionsDisallowed', earlier, keyword);
    draft.given[kind] = lines;
    if (kind !== 'HEALTHCHECK' && instruction.shellForm && !draft.config.fields.Shell?.length) {
      lint.report('JSONArgsRecommended', lines, keyword);
    }
  }
  if (kind === 'WORKDIR') {
    if (!draft.workdirGiven && !instruction.value.startsWith('/')) lint.report('WorkdirRelativePath', lines, instruction.value);
    draft.workdirGiven = true;
  }
}

function planWorkdir(draft: StageDraft, { value, code, lines }: WorkdirInstruction, { isTrigger }: StageCommand, lexer: ShellLexer): void {
  const path = resolvedPath(draft.workdir, value);
  draft.config.fields.WorkingDir = path;
  const layer = path !== '/';
  if (layer) {
    const step = draft.step(shownCode(lexer, code, draft.env), isTrigger);
    draft.add({ kind: 'workdir', step, code, lines, path, user: draft.user });
  }
  draft.record(`WORKDIR ${path}`, { layer });
}

function declare(draft: StageDraft, { args, lines }: ArgInstruction, scope: BuildScope, expand: (word: string) => string): void {
  const texts: string[] = [];
  for (const arg of args) {
    checkNoSecret('ARG', arg.key, lines, scope.lint);
    const given = scope.buildArgs.get(arg.key);
    // Without a default the value before the first FROM counts.
    const value = given ?? (arg.value === undefined ? scope.globalArgs.get(arg.key) : expand(arg.value));
    if (value !== undefined && !neverVariables.has(arg.key)) draft.env.set(arg.key, value);
    draft.args.push({ ...arg, value });
    draft.declared.add(arg.key);
    texts.push(value === undefined ? arg.key : `${arg.key}=${value}`);
  }
  draft.record(`ARG ${texts.join(' ')}`);
}
