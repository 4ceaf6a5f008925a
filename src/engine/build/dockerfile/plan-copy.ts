/**
 * Plans ADD and COPY.
 * Source: BuildKit dockerfile2llb, dispatchCopy.
 */
import { quote } from '../../go-quote.ts';
import { baseName, joinPath } from '../../go-path.ts';
import { digestProblem } from '../../oci/digest.ts';
import { applyChmod } from '../chmod.ts';
import type { BuildScope } from './dispatch.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { isWebAddress, parseGitReference } from './git-reference.ts';
import type { AddInstruction, CopyInstruction } from './instructions/instruction.ts';
import type { Origin, PlannedSource } from './plan.ts';
import { ShellLexer } from './shell/lexer.ts';
import { shownCode } from './shown-code.ts';
import { resolvedPath, type StageCommand, type StageDraft } from './stage-draft.ts';

type TransferCommand = StageCommand & { instruction: AddInstruction | CopyInstruction };

/** @throws DockerfileError */
export function planCopy(draft: StageDraft, command: TransferCommand, scope: BuildScope): void {
  const { instruction, isTrigger } = command;
  const from = originOf(draft, command);
  const chmod = parseChmod(instruction.chmod);
  checkChecksum(instruction);
  const { code, lines, chown, link, exclude, kind } = instruction;
  const step = draft.step(shownCode(new ShellLexer(scope.escape), code, draft.env), isTrigger);
  const sources = [
    ...instruction.sources.map((source) => planSource(source, instruction, from, scope)),
    ...instruction.files.map(({ name, data }): PlannedSource => ({ kind: 'content', name, data })),
  ];
  const dest = destination(draft.workdir, instruction.dest);
  draft.add({ kind: 'copy', step, code, lines, instruction: kind, sources, dest, chown, chmod, link, exclude });
  draft.record(historyText(instruction), { layer: true, madeBy: true });
  if (from.kind !== 'context') return;
  for (const source of instruction.sources) {
    if (kind === 'COPY' || !/^https?:\/\//.test(source)) scope.contextPaths.add(joinPath('/', source));
  }
}

function originOf(draft: StageDraft, { instruction, sources: [source] }: TransferCommand): Origin {
  if (!source) return { kind: 'context' };
  if (source.isPlanned) return source.isScratch && source.origin.implicit ? { kind: 'scratch' } : { kind: 'stage', stage: source.planned };
  const from = instruction.kind === 'COPY' ? instruction.from : '';
  throw new DockerfileError(`cannot copy from stage ${quote(from)}, it needs to be defined before current stage ${quote(draft.shownName)}`);
}

function parseChmod(text: string): number | string | undefined {
  if (text === '') return undefined;
  const wrong = new DockerfileError(`invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`);
  if (/^[0-7]+$/.test(text)) {
    const mode = parseInt(text, 8);
    if (mode > 0o7777) throw wrong;
    return mode;
  }
  if (/^\d/.test(text)) throw wrong;
  try {
    applyChmod(text, 0, false);
  } catch {
    throw new DockerfileError('invalid syntax');
  }
  return text;
}

function checkChecksum(instruction: AddInstruction | CopyInstruction): void {
  if (instruction.kind === 'COPY' || instruction.checksum === '') return;
  const [source, ...others] = instruction.sources;
  if (source === undefined || others.length > 0) throw new DockerfileError("checksum can't be specified for multiple sources");
  if (!isWebAddress(source) && !parseGitReference(source)) throw new DockerfileError('checksum requires HTTP(S) or Git sources');
}

function planSource(
  source: string,
  instruction: AddInstruction | CopyInstruction,
  from: Origin,
  { ignore, lint }: BuildScope,
): PlannedSource {
  const isAdd = instruction.kind === 'ADD';
  const checksum = (isAdd && instruction.checksum) || undefined;
  const git = parseGitReference(source);
  if (git) {
    if (!isAdd) throw new DockerfileError("source can't be a git ref for COPY");
    return { kind: 'git', ...git, keepGitDir: instruction.keepGitDir, checksum };
  }
  if (isWebAddress(source)) {
    if (!isAdd) throw new DockerfileError("source can't be a URL for COPY");
    const problem = checksum === undefined ? undefined : digestProblem(checksum);
    if (problem) throw new DockerfileError(problem);
    return { kind: 'http', url: source, fileName: fileNameOf(source), checksum };
  }
  if (from.kind === 'context' && ignore?.ignores(source)) {
    lint.report('CopyIgnoredFile', instruction.lines, isAdd ? 'Add' : 'Copy', source);
  }
  if (isAdd || !instruction.parents) return { kind: 'path', from, path: resolvedPath('/', source), include: [], unpack: isAdd };
  // What comes before a /./ is not made at the destination.
  const pivot = source.indexOf('/./');
  const path = resolvedPath('/', pivot < 0 ? '/' : source.slice(0, pivot));
  const pattern = resolvedPath('/', pivot < 0 ? source : source.slice(pivot + 3)).slice(1);
  return { kind: 'path', from, path, include: [pattern], unpack: false };
}

function fileNameOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/, '').replace(/[?#].*$/s, '');
  let name = path;
  try {
    name = decodeURIComponent(path);
  } catch {
    // Stays as it is written.
  }
  const base = baseName(name);
  return base === '.' || base === '/' ? '__unnamed__' : base;
}

/** Absolute; a slash or `/.` at the end stays. */
function destination(workdir: string, written: string): string {
  if (written.startsWith('/')) return written;
  const path = written === '.' || written === '' ? './' : written;
  const joined = resolvedPath(workdir, path);
  if (path.endsWith('/')) return joined.endsWith('/') ? joined : `${joined}/`;
  return path.endsWith('/.') ? `${joined === '/' ? '' : joined}/.` : joined;
}

function historyText(instruction: AddInstruction | CopyInstruction): string {
  const { kind, chown, chmod, sources, files, dest } = instruction;
  return [
    kind,
    ...(kind === 'COPY' && instruction.parents ? ['--parents'] : []),
    ...(chown === '' ? [] : [`--chown=${chown}`]),
    ...(chmod === '' ? [] : [`--chmod=${chmod}`]),
    ...sources,
    ...files.map(({ name }) => `<<${name}`),
    dest,
  ].join(' ');
}
