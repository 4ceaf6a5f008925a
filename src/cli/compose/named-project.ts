/**
 * The project that a command is about, by its files or by its name alone.
 * Source: docker/compose 2.26.1 cmd/compose/compose.go, projectOrName and toProjectName.
 */
import type { CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { globalsOf, type ComposeGlobals } from './globals.ts';
import { loadEnvironment, loadProject } from './load/load-project.ts';
import { projectWithResources } from './project-of-containers.ts';
import type { Project } from './project.ts';

export interface NamedProject {
  name: string;
  /** Not there when only a name is known. */
  project?: Project;
}

/**
 * Its files are read unless `--project-name` says all that is needed. Where that fails a variable with its name is enough.
 *
 * @throws ComposeError
 */
export async function projectOrName(context: CommandContext, services: readonly string[] = []): Promise<NamedProject> {
  const { load } = await globalsOf(context);
  if (load.projectName && load.files?.length === 0) return { name: load.projectName };
  try {
    const project = await loadProject({ ...load, services: [...services] });
    return { name: project.name, project };
  } catch (error) {
    errorLine(error); // A programmer's error goes on from here.
    const name = await nameInEnvironment(load);
    if (!name) throw error;
    return { name };
  }
}

/** The project's name alone: a variable is enough for it. */
export async function projectName(context: CommandContext): Promise<string> {
  const { load } = await globalsOf(context);
  return load.projectName || (await nameInEnvironment(load)) || (await loadProject(load)).name;
}

/** What the files say, or where only a name is known what the containers of that name tell. */
export async function projectOrNamed(context: CommandContext, services: readonly string[] = []): Promise<Project> {
  const { name, project } = await projectOrName(context, services);
  return project ?? projectWithResources(await context.api(), name);
}

/** A name is not checked here, and there may be no project of it. */
async function nameInEnvironment(load: ComposeGlobals['load']): Promise<string> {
  const environment = await loadEnvironment({ ...load, warn: () => {} });
  return (environment['COMPOSE_PROJECT_NAME'] ?? '').toLowerCase();
}
