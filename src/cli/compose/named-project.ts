/**
 * The project that a reading command is about, by its files or by its name alone.
 * Source: docker/compose 2.26.1 cmd/compose/compose.go, projectOrName and toProjectName.
 */
import type { CommandContext } from '../command.ts';
import { ComposeError } from './compose-error.ts';
import { globalsOf } from './globals.ts';
import { loadProject } from './load/load-project.ts';
import { checkProjectName } from './load/project-name.ts';
import type { Project } from './project.ts';

export interface NamedProject {
  name: string;
  /** Not read when only a name was given. */
  project?: Project;
}

/**
 * The project that the command is about. Its files are read unless `--project-name` says all that is needed.
 *
 * @throws ComposeError
 */
export async function projectOrName(context: CommandContext, services: string[] = []): Promise<NamedProject> {
  const { load } = await globalsOf(context);
  if (load.projectName) checkProjectName(load.projectName, 1);
  if (load.projectName && load.files?.length === 0) return { name: load.projectName };
  try {
    const project = await loadProject({ ...load, services });
    return { name: project.name, project };
  } catch (error) {
    const name = load.environment['COMPOSE_PROJECT_NAME'];
    if (!name || !(error instanceof ComposeError)) throw error;
    return { name };
  }
}

/** The project's name alone: a variable is enough too. */
export async function projectName(context: CommandContext): Promise<string> {
  const { load } = await globalsOf(context);
  const given = load.projectName || load.environment['COMPOSE_PROJECT_NAME'];
  if (!given) return (await loadProject(load)).name;
  checkProjectName(given, 1);
  return given;
}
