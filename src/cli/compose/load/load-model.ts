/**
 * Files to one merged model, in Compose's order: each is read, interpolated, extended, has its includes taken in, is
 * merged over those before it, checked and written out in long form.
 * Source: compose-go v2.6.3 loader.
 */
import { ComposeError } from '../compose-error.ts';
import { toCanonical } from './canonical.ts';
import { checkSchema } from './check-schema.ts';
import { checkValues, setDefaults } from './defaults.ts';
import { applyExtends, ExtendsTracker } from './extends.ts';
import { applyIncludes } from './include.ts';
import { interpolate } from './interpolate.ts';
import { mergeModels } from './merge.ts';
import { isModel, newModel, type Model, type ModelValue } from './model.ts';
import type { ModelPath } from './model-path.ts';
import type { FileReader } from './read-file.ts';
import { resolvePaths } from './resolve-paths.ts';
import { resolveWatchLinks } from './watch-links.ts';
import { enforceUnique } from './unique.ts';
import { decodeYaml, isReset } from './yaml-decode.ts';

/** What a file is read with; another for one that is included or extended. */
export interface ModelOptions {
  reader: FileReader;
  warn: (message: string) => void;
  /** Paths of the files are resolved against it; relative itself below an included or extended file. */
  directory: string;
  /** Names of further files are resolved against it. */
  base: string;
  environment: Record<string, string>;
  /** For `${…}`: that of the project, also in a file that is extended. */
  interpolate: boolean;
  resolvePaths: boolean;
  /** Off for a file that is extended: the service is checked when merged. */
  validate: boolean;
  extend: boolean;
  include: boolean;
  /** Files whose obsolete `version` has been told. */
  warnedVersions: Set<string>;
}

export interface ModelFile {
  /** Absolute, or `-`. */
  path: string;
  /** Read already. */
  text?: string;
}

/** The resets of a file's last document: they are applied to the service that another file extends with it. */
export interface LoadedFile {
  model: Model;
  resets: ModelPath[];
}

/** All files merged, with defaults set, values checked and paths resolved. */
export async function loadModel(files: ModelFile[], options: ModelOptions, included: string[] = []): Promise<Model> {
  let model = newModel();
  const tracker = new ExtendsTracker();
  for (const file of files) ({ model } = await loadFile(file, options, tracker, model, included));
  setDefaults(model);
  if (options.validate) checkValues(model);
  if (options.resolvePaths) {
    resolvePaths(model, { directory: options.directory, home: options.environment['HOME'], warn: options.warn });
    await resolveWatchLinks(model, options.reader);
  }
  resolveEnvironment(model, options.environment);
  return model;
}

/** One file over what was merged before it. */
export async function loadFile(
  file: ModelFile,
  options: ModelOptions,
  tracker: ExtendsTracker,
  merged: Model,
  included: string[],
): Promise<LoadedFile> {
  const text = file.text ?? (await options.reader.text(file.path));
  let model = merged;
  let resets: ModelPath[] = [];
  for (const document of decodeYaml(text)) {
    ({ resets } = document);
    model = await mergeDocument(document.value, resets, file, options, tracker, model, [...included, file.path]);
  }
  return { model, resets };
}

async function mergeDocument(
  value: ModelValue,
  resets: ModelPath[],
  file: ModelFile,
  options: ModelOptions,
  tracker: ExtendsTracker,
  merged: Model,
  included: string[],
): Promise<Model> {
  if (!isModel(value)) throw new ComposeError('top-level object must be a mapping', 15);
  const lookup = (name: string): string | undefined => (Object.hasOwn(options.environment, name) ? options.environment[name] : undefined);
  const model = options.interpolate ? interpolate(value, { lookup, warn: options.warn }) : value;
  if (options.extend) await applyExtends(model, file.path, options, tracker, [resets]);
  dropResets(merged, resets);
  if (options.include) await applyIncludes(model, options, included);

  let result = enforceUnique(mergeModels(merged, model));
  if (options.validate) {
    checkSchema(result, file.path);
    if ('version' in result) {
      warnOfVersion(file.path, options);
      delete result['version'];
    }
  }
  result = toCanonical(result, { lenient: !options.interpolate, warn: options.warn });
  omitEmptyNameServers(result);
  return enforceUnique(result);
}

/** Takes out what a later file resets or overrides. An element of a list cannot be. */
export function dropResets(value: ModelValue, resets: readonly ModelPath[], path: ModelPath = []): void {
  if (resets.length === 0) return;
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      const next = [...path, `[${index}]`];
      if (!isReset(next, resets)) dropResets(entry, resets, next);
    }
  } else if (isModel(value)) {
    for (const [key, entry] of Object.entries(value)) {
      const next = [...path, key];
      if (isReset(next, resets)) delete value[key];
      else dropResets(entry, resets, next);
    }
  }
}

function warnOfVersion(path: string, { warn, warnedVersions }: ModelOptions): void {
  if (warnedVersions.has(path)) return;
  warnedVersions.add(path);
  warn(`${path}: the attribute \`version\` is obsolete, it will be ignored, please remove it to avoid potential confusion`);
}

function omitEmptyNameServers(model: Model): void {
  for (const service of mappings(model['services'])) {
    const servers = service['dns'];
    if (Array.isArray(servers)) service['dns'] = servers.filter((server) => server !== null && server !== '');
  }
}

/** Lists of variables, secrets and configurations that name a variable of the environment. */
function resolveEnvironment(model: Model, environment: Record<string, string>): void {
  const lookup = (name: ModelValue | undefined): string | undefined =>
    typeof name === 'string' && Object.hasOwn(environment, name) ? environment[name] : undefined;
  for (const service of mappings(model['services'])) {
    const variables = service['environment'];
    if (!Array.isArray(variables)) continue;
    service['environment'] = variables
      .filter((entry) => typeof entry === 'string')
      .map((entry) => {
        const value = lookup(entry);
        return value === undefined ? entry : `${entry}=${value}`;
      });
  }
  for (const secret of mappings(model['secrets'])) {
    const value = lookup(secret['environment']);
    if (value !== undefined) secret[SECRET_CONTENT] = value;
  }
  for (const config of mappings(model['configs'])) {
    const value = lookup(config['environment']);
    if (value !== undefined) config['content'] = value;
  }
}

/** Under which a secret's value from the environment waits for the project: `content` is no key of a secret. */
export const SECRET_CONTENT = 'x-#value';

function mappings(value: ModelValue | undefined): Model[] {
  return isModel(value) ? Object.values(value).filter(isModel) : [];
}
