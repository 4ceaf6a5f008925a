/** The frame of a command that changes things: its project, the daemon, and progress that is told while it works. */
import type { CommandContext } from '../command.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import type { ComposeGlobals } from './globals.ts';
import { loadProject } from './load/load-project.ts';
import { projectOfContainers } from './project-of-containers.ts';
import type { Project } from './project.ts';
import { withProgress } from './progress.ts';

/** @param title the first word of the terminal's block: `Stopping` */
export async function runWork<T>(
  context: CommandContext,
  globals: ComposeGlobals,
  title: string,
  run: (work: ComposeWork) => Promise<T>,
): Promise<T> {
  const { progress: mode, dryRun, warn } = globals;
  const api = await context.api();
  return withProgress(context.environment, { mode, title, dryRun }, (progress) => run({ context, api, progress, warn, dryRun }));
}

/** The same for what is not told of. */
export async function silentWork(context: CommandContext, { warn, dryRun }: ComposeGlobals): Promise<ComposeWork> {
  return { context, api: await context.api(), progress: { event: () => {}, tail: () => {} }, warn, dryRun };
}

/** What the files say, with its environment. */
export function wholeProject({ load }: ComposeGlobals, services: readonly string[] = []): Promise<Project> {
  return loadProject({ ...load, services: [...services] });
}

/**
 * What the files say, or where only a name is given what the containers of that name tell.
 *
 * @throws ComposeError
 */
export async function projectOrNamed(context: CommandContext, globals: ComposeGlobals, services: readonly string[] = []): Promise<Project> {
  const { load } = globals;
  const flag = context.groupFlags?.string('project-name') ?? '';
  if ((load.files?.length ?? 0) === 0 && flag !== '') return projectOfContainers(await context.api(), flag, services);
  try {
    return await loadProject({ ...load, services: [...services], resolveEnvironment: false });
  } catch (error) {
    const name = context.environment.env['COMPOSE_PROJECT_NAME'];
    if (!name || !(error instanceof ComposeError)) throw error;
    return projectOfContainers(await context.api(), name, services);
  }
}

/** `-t`: seconds, where it was given. */
export function timeoutOf({ flags }: CommandContext): number | undefined {
  return flags.changed('timeout') ? flags.number('timeout') : undefined;
}
