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
import type { LoadedFile, ModelFile, ModelOptions } from './model-options.ts';
import type { ModelPath } from './model-path.ts';
import { dropResets } from './resets.ts';
import { resolveEnvironment } from './resolve-environment.ts';
import { resolvePaths } from './resolve-paths.ts';
import { enforceUnique } from './unique.ts';
import { resolveWatchLinks } from './watch-links.ts';
import { decodeYaml } from './yaml-decode.ts';

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
async function loadFile(
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
  if (options.extend) await applyExtends(model, file.path, { ...options, loadFile }, tracker, [resets]);
  dropResets(merged, resets);
  if (options.include) await applyIncludes(model, { ...options, loadModel }, included);

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

function mappings(value: ModelValue | undefined): Model[] {
  return isModel(value) ? Object.values(value).filter(isModel) : [];
}
