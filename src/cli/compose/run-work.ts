/** The frame of a command that changes things: its project, the daemon, and progress that is told while it works. */
import type { CommandContext } from '../command.ts';
import type { ComposeWork } from './compose-work.ts';
import type { ComposeGlobals } from './globals.ts';
import { loadProject } from './load/load-project.ts';
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

/** `-t`: seconds, where it was given. */
export function timeoutOf({ flags }: CommandContext): number | undefined {
  return flags.changed('timeout') ? flags.number('timeout') : undefined;
}
