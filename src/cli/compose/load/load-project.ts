/**
 * Reads a project as `docker compose` does before any of its commands: finds the files, reads the environment, loads,
 * enables what was asked for. Nothing ambient: files come through a port, warnings go through another.
 */
import { baseName, joinPath } from '#engine/go-path.ts';
import { parseBool } from '../../units/number.ts';
import { ComposeError } from '../compose-error.ts';
import type { Project } from '../project.ts';
import { withoutUnnecessaryResources, withProfiles, withSelectedServices, withServicesEnabled } from '../project-selection.ts';
import { checkConsistency } from './consistency.ts';
import { decodeProject } from './decode.ts';
import { readEnvFiles } from './env-files.ts';
import { substitute } from './substitute.ts';
import { loadModel } from './load-model.ts';
import type { ModelFile } from './model-options.ts';
import { type Model } from './model.ts';
import { normalize } from './normalize.ts';
import { isAbsolutePath, parentPath } from './paths.ts';
import { findProjectFiles } from './project-files.ts';
import { checkProjectName, normalizeProjectName } from './project-name.ts';
import { FileReader, type ProjectFiles } from './read-file.ts';
import { resolveServiceEnvironments, resolveServiceLabels } from './resolve-services.ts';
import { namesInYaml } from './yaml-names.ts';

export interface LoadOptions {
  /** The process's: `docker` was called here. Absolute. */
  cwd: string;
  /** The process's environment. */
  environment: Record<string, string>;
  reader: ProjectFiles;
  /** The content of the file named `-`. */
  standardInput?: () => Promise<Uint8Array>;
  /** A line without the `WARN[0000]` before it. */
  warn: (message: string) => void;

  /** `--file`, as typed; empty for `COMPOSE_FILE`, then the default names. */
  files?: string[];
  /** `--project-name`. */
  projectName?: string;
  /** `--project-directory`. */
  projectDirectory?: string;
  /** `--env-file`; empty for `COMPOSE_ENV_FILES`, then `.env`. */
  envFiles?: string[];
  /** `--profile`; empty for `COMPOSE_PROFILES`. */
  profiles?: string[];
  /** Services named on the command line: their profiles are active, the others are disabled unless these depend on them. */
  services?: string[];

  /** What `docker compose config` can turn off; all true unless said. */
  interpolate?: boolean;
  normalize?: boolean;
  checkConsistency?: boolean;
  resolvePaths?: boolean;
  resolveEnvironment?: boolean;
  /** Leaves `env_file` and `label_file` in the services, though what they say is in `environment` and `labels`. */
  keepServiceFiles?: boolean;
}

/**
 * The project with what its commands need: networks, volumes and so on that no active service uses are left out, and
 * `depends_on` names active services only.
 *
 * @throws ComposeError
 */
export async function loadProject(options: LoadOptions): Promise<Project> {
  const { services = [] } = options;
  const project = withServicesEnabled(await loadWholeProject(options), services);
  return withSelectedServices(withoutUnnecessaryResources(project), services);
}

/**
 * The project with all that its files say.
 *
 * @throws ComposeError
 */
export async function loadWholeProject(options: LoadOptions): Promise<Project> {
  return projectOf(await loadProjectModel(options), options);
}

/** The process's variables, and those of the project's `.env`. @throws ComposeError */
export async function loadEnvironment(options: LoadOptions): Promise<Record<string, string>> {
  return (await findProject(options, new FileReader(options.reader, options.cwd))).environment;
}

export interface LoadedModel {
  model: Model;
  name: string;
  /** Absolute, or `-`. */
  files: string[];
  directory: string;
  /** With the project's own variables. */
  environment: Record<string, string>;
  reader: FileReader;
}

/**
 * The merged model, for what needs no project: `docker compose config --no-interpolate`.
 *
 * @throws ComposeError
 */
export async function loadProjectModel(options: LoadOptions): Promise<LoadedModel> {
  const { warn, cwd } = options;
  const reader = new FileReader(options.reader, cwd);
  const found = await findProject(options, reader);
  const { files, directory, environment } = found;
  if (files.length === 0) throw new ComposeError('no configuration file provided: not found', 14);
  const texts: ModelFile[] = [];
  for (const path of files) texts.push({ path, text: await readProjectFile(path, options, reader) });

  const name = projectName(texts, directory, environment, options);
  environment['COMPOSE_PROJECT_NAME'] = name;
  const model = await loadModel(texts, {
    reader,
    warn,
    directory,
    base: directory,
    environment,
    interpolate: options.interpolate ?? true,
    resolvePaths: options.resolvePaths ?? true,
    validate: true,
    extend: true,
    include: true,
    warnedVersions: new Set(),
  });
  if (Object.keys(model).length === 0) throw new ComposeError('empty compose file', 15);
  if (name === '') throw new ComposeError('project name must not be empty', 15);
  if (options.normalize ?? true) {
    model['name'] = name;
    normalize(model, environment);
  }
  return { model, name, files, directory, environment, reader };
}

interface FoundProject {
  files: string[];
  directory: string;
  environment: Record<string, string>;
}

/** What is known before any file of the project is read. Its failures are the command line's: status 1. */
async function findProject(options: LoadOptions, reader: FileReader): Promise<FoundProject> {
  const { cwd, warn, projectName } = options;
  try {
    const projectDirectory = options.projectDirectory ? absolute(options.projectDirectory, cwd) : undefined;
    const environment = { ...options.environment };
    const envFiles = options.envFiles?.length ? options.envFiles : (environment['COMPOSE_ENV_FILES']?.split(',').filter(Boolean) ?? []);
    const typed = options.files ?? [];
    // Once with the process's variables for the place of `.env`, then with those in it.
    const first = await findProjectFiles(typed, environment, cwd, projectDirectory, reader, warn);
    const paths =
      envFiles.length > 0 ? envFiles : await defaultEnvFile(workingDirectory(first, projectDirectory, cwd), environment, reader);
    const fromFiles = await readEnvFiles(
      paths.map((path) => absolute(path, cwd)),
      environment,
      { reader, warn },
    );
    for (const [key, value] of Object.entries(fromFiles)) environment[key] ??= value;
    if (projectName) checkProjectName(projectName);
    const again = 'COMPOSE_FILE' in fromFiles && !('COMPOSE_FILE' in options.environment);
    const files = again ? await findProjectFiles(typed, environment, cwd, projectDirectory, reader, warn) : first;
    return {
      files: files.map((file) => (file === '-' ? file : absolute(file, cwd))),
      directory: workingDirectory(files, projectDirectory, cwd),
      environment,
    };
  } catch (error) {
    if (error instanceof ComposeError) throw new ComposeError(error.message, 1);
    throw error;
  }
}

function absolute(path: string, cwd: string): string {
  return isAbsolutePath(path) ? joinPath(path) : joinPath(cwd, path);
}

/** That of the first file, unless it comes from standard input. */
function workingDirectory(files: string[], projectDirectory: string | undefined, cwd: string): string {
  if (projectDirectory !== undefined) return projectDirectory;
  const file = files.find((name) => name !== '-');
  return file === undefined ? cwd : parentPath(absolute(file, cwd));
}

async function defaultEnvFile(directory: string, environment: Record<string, string>, reader: FileReader): Promise<string[]> {
  const disabled = environment['COMPOSE_DISABLE_ENV_FILE'];
  try {
    if (disabled !== undefined && parseBool(disabled)) return [];
  } catch (error) {
    throw new ComposeError((error as Error).message);
  }
  const path = joinPath(directory, '.env');
  return (await reader.kind(path)) === 'file' ? [path] : [];
}

async function readProjectFile(path: string, { standardInput }: LoadOptions, reader: FileReader): Promise<string> {
  if (path !== '-') return reader.text(path);
  return new TextDecoder().decode((await standardInput?.()) ?? new Uint8Array());
}

function projectName(files: ModelFile[], directory: string, environment: Record<string, string>, options: LoadOptions): string {
  const given = options.projectName || environment['COMPOSE_PROJECT_NAME'];
  if (given) {
    checkProjectName(given);
    return given;
  }
  const named = files.map(({ text = '' }) => namesInYaml(text).at(-1)).findLast((name) => name !== undefined && name !== '');
  if (named === undefined) return normalizeProjectName(baseName(directory));
  if (options.interpolate === false) return finish(named);
  const lookup = (name: string): string | undefined => (Object.hasOwn(environment, name) ? environment[name] : undefined);
  try {
    return finish(substitute(named, { lookup, warn: options.warn }));
  } catch (error) {
    throw new ComposeError(`error while interpolating name: ${(error as Error).message}`, 15);
  }

  function finish(name: string): string {
    return options.normalize === false ? name : normalizeProjectName(name);
  }
}

async function projectOf({ model, name, files, directory, environment, reader }: LoadedModel, options: LoadOptions): Promise<Project> {
  const { warn } = options;
  delete model['name'];
  const decoded = decodeProject(model, warn);
  const profiles = options.profiles?.length
    ? options.profiles
    : (environment['COMPOSE_PROFILES'] ?? '').split(',').map((profile) => profile.trim());
  const project = withProfiles(
    { ...decoded, name, workingDirectory: directory, composeFiles: files, environment, disabledServices: {}, profiles: [] },
    profiles,
  );
  if (options.checkConsistency ?? true) checkConsistency(project);
  const { keepServiceFiles: keepFiles = false } = options;
  if (options.resolveEnvironment ?? true) await resolveServiceEnvironments(project, { reader, warn, keepFiles });
  await resolveServiceLabels(project, { reader, warn, keepFiles });
  return project;
}
