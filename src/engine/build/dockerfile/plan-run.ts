/**
 * Plans RUN: command, here-documents, mounts.
 * Source: BuildKit dockerfile2llb, dispatchRun, dispatchRunMounts, dispatchSecret, dispatchSSH.
 */
import { quote } from '../../go-quote.ts';
import { baseName, cleanPath, joinPath } from '../../go-path.ts';
import type { BuildScope } from './dispatch.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { trimSpace } from './go-space.ts';
import { chomped, heredocIn } from './heredoc.ts';
import type { RunInstruction } from './instructions/instruction.ts';
import { parseMount, type RunMount } from './instructions/run-mount.ts';
import type { Origin, PlannedMount, RunOperation } from './plan.ts';
import { type Environment, ShellLexer } from './shell/lexer.ts';
import { shownCode } from './shown-code.ts';
import type { StageCommand, StageDraft } from './stage-draft.ts';

type RunCommand = StageCommand & { instruction: RunInstruction };

const scriptDirectory = '/dev/pipes';

/** @throws DockerfileError */
export function planRun(draft: StageDraft, command: RunCommand, scope: BuildScope, expand: (word: string) => string): void {
  const { instruction, isTrigger } = command;
  const { code, lines, network, security } = instruction;
  const mounts = instruction.mounts.map((text) => parseMount(text, expand));
  const { args: written, script, summary } = commandOf(instruction);
  const args = draft.config.commandLine({ args: written, shellForm: instruction.shellForm });
  const planned = mounts.map((mount, index) => planMount(draft, mount, command.sources[index], scope));
  if (instruction.devices.length > 0) {
    throw new DockerfileError('device feature is only supported in Dockerfile frontend 1.14.0-labs or later');
  }
  const lexer = new ShellLexer(scope.escape, { rawQuotes: true, skipUnset: true });
  const step = draft.step(shownCode(lexer, code + summary, withSecretsMasked(draft.env, mounts)), isTrigger);
  const { user, workdir } = draft;
  const proxy = proxyVariables(scope.buildArgs);
  const env = draft.env.list();
  draft.add({ kind: 'run', step, code, lines, args, env, workdir, user, network, security, mounts: planned, script, proxy });
  draft.record(`RUN ${[...usedArgs(draft), ...args].join(' ')}`, { layer: true, madeBy: true });
}

interface WrittenCommand {
  args: string[];
  script: RunOperation['script'];
  /** The here-document's first line, for the step's name. */
  summary: string;
}

function commandOf({ args, files, shellForm }: RunInstruction): WrittenCommand {
  const [file] = files;
  if (!file) return { args, script: undefined, summary: '' };
  const [line = '', ...others] = args;
  if (others.length > 0 || !shellForm) throw new DockerfileError(`parsing produced an invalid run command: [${args.join(' ')}]`);
  // A command with here-documents in it is put together again, for the shell to handle.
  if (!heredocIn(line))
    return { args: [line + files.map(({ data, name }) => `\n${data}${name}`).join('')], script: undefined, summary: '' };
  const content = chomped({ chomp: file.chomp, content: file.data });
  const summary = ` (${summarized(file.data)})`;
  if (!file.data.startsWith('#!')) return { args: [content], script: undefined, summary };
  const path = joinPath(scriptDirectory, file.name);
  return { args: [path], script: { path, content }, summary };
}

function summarized(text: string): string {
  const [first = '', ...others] = trimSpace(text).replaceAll('\r\n', '\n').split('\n');
  return others.length > 0 ? `${first}...` : first;
}

/** `|2 A=1 B=2`: values of the arguments that were declared, in front of the command. */
function usedArgs({ args, env }: StageDraft): string[] {
  const values = new Map(args.map(({ key, value }) => [key, env.get(key) ?? value ?? '']));
  return values.size === 0 ? [] : [`|${values.size}`, ...[...values].map(([key, value]) => `${key}=${value}`)];
}

/** Secrets are variables too, but not to be seen. */
function withSecretsMasked(env: Environment, mounts: readonly RunMount[]): Environment {
  const masked = new Set(mounts.flatMap(({ type, env: name }) => (type === 'secret' && name !== undefined ? [name] : [])));
  return { get: (name) => (masked.has(name) ? '****' : env.get(name)), keys: () => env.keys() };
}

/** Proxies given to the build; commands see them, images do not. */
function proxyVariables(buildArgs: ReadonlyMap<string, string>): string[] {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];
  const values = new Map([...buildArgs].map(([name, value]) => [name.toUpperCase(), value]));
  return names.flatMap((name) => {
    const value = values.get(name);
    return value ? [`${name}=${value}`, `${name.toLowerCase()}=${value}`] : [];
  });
}

function planMount(draft: StageDraft, mount: RunMount, source: StageDraft | undefined, scope: BuildScope): PlannedMount {
  const { type, uid, gid, mode, required, readOnly } = mount;
  const owner = { uid, gid, mode };
  const from = originOf(mount, source);
  if (type === 'secret') return { type, ...secretPlace(mount), required, ...owner };
  if (type === 'ssh') {
    if (mount.source !== '') throw new DockerfileError('ssh does not support source');
    return { type, id: mount.id || 'default', target: mount.target || undefined, required, ...owner };
  }
  const target = mount.target.startsWith('/') ? mount.target : joinPath('/', draft.workdir, mount.target);
  if (target === '/') throw new DockerfileError(`invalid mount target ${quote(target)}`);
  const path = joinPath('/', mount.source);
  if (from.kind === 'context') scope.contextPaths.add(path);
  if (type === 'tmpfs') return { type, target, readOnly, sizeBytes: mount.sizeBytes };
  if (type === 'bind') return { type, target, from, source: path, readOnly };
  const id = mount.id || cleanPath(mount.target);
  return { type, target, from, source: path, readOnly, id, sharing: mount.sharing || 'shared', ...owner };
}

function originOf({ from, type, target }: RunMount, source: StageDraft | undefined): Origin {
  if (from === '') return { kind: type === 'cache' ? 'scratch' : 'context' };
  if (source?.isPlanned) return source.isScratch && source.origin.implicit ? { kind: 'scratch' } : { kind: 'stage', stage: source.planned };
  throw new DockerfileError(`cannot mount from stage ${quote(from)} to ${quote(target)}, stage needs to be defined before current command`);
}

function secretPlace(mount: RunMount): { id: string; target: string | undefined; env: string | undefined } {
  const id = mount.source || mount.id || baseName(mount.target);
  const target = mount.target || (mount.env === undefined ? `/run/secrets/${baseName(id)}` : undefined);
  return { id, target, env: mount.env };
}
