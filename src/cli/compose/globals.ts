/** The flags between `docker compose` and its command's name, and the variables that stand for them. */
import { concatBytes } from '#engine/bytes.ts';
import { quote } from '#engine/go-quote.ts';
import { joinPath } from '#engine/go-path.ts';
import type { CommandContext } from '../command.ts';
import type { ConfigGlobals } from './config.ts';
import { ComposeError } from './compose-error.ts';
import { isDryRun } from './dry-run.ts';
import { isAbsolutePath } from './load/paths.ts';
import { checkProjectName } from './load/project-name.ts';
import type { ProgressMode } from './progress.ts';
import { warningLine } from './warning-line.ts';

export interface ComposeGlobals extends ConfigGlobals {
  progress: ProgressMode;
  /** Whether what containers print is coloured. */
  color: boolean;
  dryRun: boolean;
  /** How many of them at most are worked on at a time; -1 for all. */
  parallel: number;
  /** Writes a warning as Compose does. */
  warn: (message: string) => void;
}

const known = new WeakMap<CommandContext, ComposeGlobals>();

/** @throws ComposeError for what does not go together */
export async function globalsOf(context: CommandContext): Promise<ComposeGlobals> {
  const read = known.get(context) ?? (await readGlobals(context));
  known.set(context, read);
  return read;
}

async function readGlobals(context: CommandContext): Promise<ComposeGlobals> {
  const { environment } = context;
  const { env, cwd } = environment;
  const group = context.groupFlags;
  const list = (name: string): string[] => group?.list(name) ?? [];
  const text = (name: string): string => group?.string(name) ?? '';
  const ansi = await ansiOf(context);
  const directory = await projectDirectoryOf(context);
  const warn = warner(context);
  if (text('project-name') !== '') checkProjectName(text('project-name'), 1);
  return {
    load: {
      cwd,
      environment: env,
      reader: environment.files,
      standardInput: () => wholeInput(context),
      warn,
      files: list('file'),
      projectName: text('project-name'),
      projectDirectory: directory || undefined,
      envFiles: list('env-file').map((path) => (isAbsolutePath(path) ? path : joinPath(cwd, path))),
      profiles: list('profile'),
    },
    compatibility: group?.changed('compatibility') ? group.bool('compatibility') : isYes(env['COMPOSE_COMPATIBILITY']),
    progress: progressOf(group?.string('progress') || 'auto', ansi),
    color: !env['NO_COLOR'] && (ansi === 'always' || (ansi === 'auto' && environment.stdout.isTerminal)),
    dryRun: isDryRun(context),
    parallel: parallelOf(group?.changed('parallel') ? group.number('parallel') : undefined, env['COMPOSE_PARALLEL_LIMIT']),
    warn,
  };
}

async function ansiOf({ environment: { env }, groupFlags, err }: CommandContext): Promise<string> {
  if (groupFlags?.bool('no-ansi')) {
    if (groupFlags.string('ansi') !== 'auto') {
      throw new ComposeError('cannot specify DEPRECATED "--no-ansi" and "--ansi". Please use only "--ansi"');
    }
    await err("option '--no-ansi' is DEPRECATED ! Please use '--ansi' instead.\n");
    return 'never';
  }
  return groupFlags?.changed('ansi') ? groupFlags.string('ansi') : (env['COMPOSE_ANSI'] ?? 'auto');
}

async function projectDirectoryOf({ groupFlags, err }: CommandContext): Promise<string> {
  const directory = groupFlags?.string('project-directory') ?? '';
  const old = groupFlags?.string('workdir') ?? '';
  if (old === '') return directory;
  if (directory !== '') {
    throw new ComposeError(
      `cannot specify DEPRECATED '--workdir' and '--project-directory'. Please use only '--project-directory' instead`,
    );
  }
  await err("option '--workdir' is DEPRECATED at root level! Please use '--project-directory' instead.\n");
  return old;
}

/** Without escapes there is no block to write over. */
function progressOf(progress: string, ansi: string): ProgressMode {
  switch (progress) {
    case 'auto':
      return ansi === 'never' ? 'plain' : 'auto';
    case 'tty':
      if (ansi === 'never') throw new ComposeError(`can't use --progress tty while ANSI support is disabled`);
      return 'tty';
    case 'plain':
      if (ansi === 'always') throw new ComposeError(`can't use --progress plain while ANSI support is forced`);
      return 'plain';
    case 'quiet':
    case 'none':
      return 'quiet';
    default:
      throw new ComposeError(`unsupported --progress value ${quote(progress)}`);
  }
}

/** `--remove-orphans`; a variable of the process says what it is where it is not given. */
export function removesOrphans({ flags, environment: { env } }: CommandContext): boolean {
  return flags.changed('remove-orphans') ? flags.bool('remove-orphans') : isYes(env['COMPOSE_REMOVE_ORPHANS']);
}

function parallelOf(flag: number | undefined, variable: string | undefined): number {
  if (flag !== undefined || !variable) return flag ?? -1;
  if (!/^[+-]?\d+$/.test(variable)) throw new ComposeError(`COMPOSE_PARALLEL_LIMIT must be an integer (found: ${quote(variable)})`);
  return Number(variable);
}

/** Whether a variable of Compose's own is set, in the words that it takes for yes. */
export function isYes(variable = ''): boolean {
  return /^(1|t|true|y)$/i.test(variable.trim());
}

function warner({ environment: { clock, stderr } }: CommandContext): (message: string) => void {
  const started = clock.now();
  return (message) => {
    // Nobody may read it any more; the command goes on.
    stderr.write(warningLine(message, stderr.isTerminal, clock.now(), started)).catch(() => {});
  };
}

async function wholeInput({ environment }: CommandContext): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of environment.stdin.chunks()) chunks.push(chunk);
  return concatBytes(chunks);
}
