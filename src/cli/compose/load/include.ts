/**
 * `include`: other files with their own directory and environment, whose resources are taken in.
 * Source: compose-go v2.6.3 loader/include.go.
 */
import { joinPath } from '#engine/go-path.ts';
import { ComposeError } from '../compose-error.ts';
import { directoryOf } from './extends.ts';
import { equalValues, isModel, isInt, newModel, sprint, sprintString, typeName, type Model, type ModelValue } from './model.ts';
import { isAbsolutePath, parentPath } from './paths.ts';
import type { ModelFile, ModelOptions } from './model-options.ts';
import { readEnvFiles } from './env-files.ts';

/** With the loader itself, for the files. */
export interface IncludeOptions extends ModelOptions {
  loadModel(files: ModelFile[], options: ModelOptions, included: string[]): Promise<Model>;
}

interface Include {
  paths: string[];
  projectDirectory: string;
  envFiles: string[];
}

/** Changes the model. `included` are the files on the way here. */
export async function applyIncludes(model: Model, options: IncludeOptions, included: string[]): Promise<void> {
  for (const include of includesOf(model['include'] ?? null)) {
    const imported = await loadInclude(include, options, included);
    for (const kind of ['services', 'volumes', 'networks', 'secrets', 'configs']) importResources(imported, model, kind);
  }
  delete model['include'];
}

function includesOf(value: ModelValue): Include[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new ComposeError(`\`include\` must be a list, got ${sprintString(value)}`, 15);
  const errors: string[] = [];
  const stringList = (list: ModelValue | undefined, path: string): string[] => {
    if (list === undefined || list === null) return [];
    if (typeof list === 'string') return [list];
    if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list;
    errors.push(`error decoding '${path}': invalid type ${typeName(list)} for string list`);
    return [];
  };
  const string = (text: ModelValue | undefined, path: string): string => {
    if (text === undefined || text === null) return '';
    if (typeof text === 'string') return text;
    if (isInt(text)) return String(text);
    errors.push(`'${path}' expected type 'string', got unconvertible type '${typeName(text)}', value: '${sprint(text)}'`);
    return '';
  };
  const includes = value.map((entry, index) => {
    const include = typeof entry === 'string' ? newModel([['path', entry]]) : entry;
    if (include !== null && !isModel(include))
      errors.push(`'[${index}]' expected a map, got '${Array.isArray(include) ? 'slice' : typeName(include)}'`);
    const { path, project_directory: directory, env_file: envFile } = isModel(include) ? include : newModel();
    return {
      paths: stringList(path, `[${index}].path`),
      projectDirectory: string(directory, `[${index}].project_directory`),
      envFiles: stringList(envFile, `[${index}].env_file`),
    };
  });
  if (errors.length === 0) return includes;
  throw new ComposeError(`decoding failed due to the following error(s):\n\n${errors.join('\n')}`, 15);
}

async function loadInclude(include: Include, options: IncludeOptions, included: string[]): Promise<Model> {
  const { base, directory, reader } = options;
  const paths = include.paths.map((path) => (isAbsolutePath(path) ? path : joinPath(base, path)));
  const [main = ''] = paths;
  // The first is the main file, which says where the project is; the others override it.
  let projectDirectory = include.projectDirectory;
  let relative = projectDirectory;
  if (projectDirectory === '') {
    relative = await directoryOf(main, options);
    projectDirectory = parentPath(main);
  } else if (!isAbsolutePath(projectDirectory)) {
    relative = await directoryOf(projectDirectory, options);
    projectDirectory = joinPath(directory, projectDirectory);
  }
  if (included.includes(main)) {
    const [first = '', ...rest] = [...included, main];
    throw new ComposeError(`include cycle detected:\n${first}\n include ${rest.join('\n include ')}`, 15);
  }

  const fromFiles = await readEnvFiles(await envFilesOf(include, projectDirectory, options), options.environment, options);
  return options.loadModel(
    paths.map((path) => ({ path })),
    {
      ...options,
      reader,
      base: projectDirectory,
      directory: relative,
      environment: { ...fromFiles, ...options.environment },
      resolvePaths: true,
    },
    included,
  );
}

async function envFilesOf({ envFiles }: Include, projectDirectory: string, { directory, reader }: ModelOptions): Promise<string[]> {
  if (envFiles.length === 0) {
    const path = joinPath(projectDirectory, '.env');
    return (await reader.kind(path).catch(() => undefined)) === 'file' ? [path] : [];
  }
  const found: string[] = [];
  for (const file of envFiles) {
    const path = isAbsolutePath(file) ? file : joinPath(directory, file);
    if (!isAbsolutePath(file)) {
      const kind = await reader.kind(path);
      if (kind === undefined) throw new ComposeError(`stat ${path}: no such file or directory`, 14);
      if (kind === 'directory') throw new ComposeError(`${path} is not a file`, 15);
    }
    found.push(path);
  }
  return found;
}

function importResources(from: Model, to: Model, kind: string): void {
  const resources = from[kind];
  if (!isModel(resources)) return;
  const own = isModel(to[kind]) ? to[kind] : newModel();
  for (const [name, resource] of Object.entries(resources)) {
    if (name in own && !equalValues(resource, own[name])) throw new ComposeError(`${kind}.${name} conflicts with imported resource`, 15);
    own[name] = resource;
  }
  to[kind] = own;
}
