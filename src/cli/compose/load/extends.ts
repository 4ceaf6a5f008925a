/**
 * Services that extend others: of the same file, or of another, which is read for it.
 * Source: compose-go v2.6.3 loader/extends.go.
 */
import { joinPath } from '#engine/go-path.ts';
import { quote } from '#engine/go-quote.ts';
import { ComposeError } from '../compose-error.ts';
import { mergeService } from './merge.ts';
import { cloneValue, isModel, newModel, type Model, type ModelValue } from './model.ts';
import type { LoadedFile, ModelFile, ModelOptions } from './model-options.ts';
import type { ModelPath } from './model-path.ts';
import { isAbsolutePath, parentPath, relativePath } from './paths.ts';
import { dropResets } from './resets.ts';
import { resolvePaths } from './resolve-paths.ts';

/** With the loader itself, for other files. */
export interface ExtendsOptions extends ModelOptions {
  loadFile(file: ModelFile, options: ModelOptions, tracker: ExtendsTracker, merged: Model, included: string[]): Promise<LoadedFile>;
}

/** The services that led here, to find a circle. */
export class ExtendsTracker {
  constructor(readonly chain: readonly { file: string; service: string }[] = []) {}

  add(file: string, service: string): ExtendsTracker {
    const circle = this.chain.some((link) => link.file === file && link.service === service);
    const chain = [...this.chain, { file, service }];
    if (!circle) return new ExtendsTracker(chain);
    const lines = chain.map((link, index) => `  ${index === 0 ? '' : 'extends '}${link.service} in ${link.file}`);
    throw new ComposeError(['Circular reference:', ...lines].join('\n'), 15);
  }
}

/** Changes the services of a file; `resets` are those of the files on the way. */
export async function applyExtends(
  model: Model,
  file: string,
  options: ExtendsOptions,
  tracker: ExtendsTracker,
  resets: ModelPath[][],
): Promise<void> {
  if (!('services' in model)) return;
  const services = model['services'];
  if (!isModel(services)) throw new ComposeError('services must be a mapping', 15);
  for (const name of Object.keys(services)) services[name] = await extendService(name, services, file, options, tracker, resets);
}

async function extendService(
  name: string,
  services: Model,
  file: string,
  options: ExtendsOptions,
  tracker: ExtendsTracker,
  resets: ModelPath[][],
): Promise<ModelValue> {
  const service = services[name] ?? null;
  if (service === null) return null;
  if (!isModel(service)) throw new ComposeError(`services.${name} must be a mapping`, 15);
  if (!('extends' in service)) return service;

  const { reference, otherFile } = extendsOf(name, service['extends'] ?? null);
  let origin = file;
  let all = services;
  if (otherFile !== undefined) {
    const other = await servicesOf(name, reference, file, otherFile, options, tracker);
    all = other.services;
    resets = [...resets, other.resets];
    origin = otherFile;
  } else if (!(reference in services)) {
    throw new ComposeError(`cannot extend service ${quote(name)} in ${file}: service ${quote(reference)} not found`, 15);
  }
  const base = await extendService(reference, all, file, options, tracker.add(origin, name), resets);
  if (base === null) return service;

  const source = cloneValue(base) as Model;
  for (const paths of resets) dropResets(newModel([['services', newModel([[name, source]])]]), paths);
  const merged = mergeService(source, service);
  delete merged['extends'];
  services[name] = merged;
  return merged;
}

function extendsOf(name: string, value: ModelValue): { reference: string; otherFile?: string } {
  if (!isModel(value)) return { reference: typeof value === 'string' ? value : '' };
  const { service, file } = value;
  if (typeof service !== 'string') throw new ComposeError(`extends.${name}.service is required`, 15);
  return { reference: service, ...(typeof file === 'string' && { otherFile: file }) };
}

async function servicesOf(
  name: string,
  reference: string,
  file: string,
  otherFile: string,
  options: ExtendsOptions,
  tracker: ExtendsTracker,
): Promise<{ services: Model; resets: ModelPath[] }> {
  const path = isAbsolutePath(otherFile) ? otherFile : joinPath(options.base, otherFile);
  const directory = await directoryOf(otherFile, options);
  const { model, resets } = await options.loadFile(
    { path },
    { ...options, directory, base: parentPath(path), resolvePaths: false, validate: false, extend: false, include: false },
    tracker,
    newModel(),
    [],
  );
  const failed = (what: string): ComposeError => new ComposeError(`cannot extend service ${quote(name)} in ${what}`, 15);
  if (!('services' in model)) throw failed(`${path}: no services section`);
  const services = model['services'];
  if (!isModel(services)) throw failed(`${path}: services must be a mapping`);
  if (!(reference in services)) throw failed(`${file}: service ${quote(reference)} not found in ${otherFile}`);
  resolvePaths(model, { directory, home: options.environment['HOME'], warn: options.warn });
  return { services, resets };
}

/** Where a further file is, relative to where its name is resolved. */
export async function directoryOf(name: string, { base, reader }: ModelOptions): Promise<string> {
  const absolute = (path: string): string => (isAbsolutePath(path) ? path : joinPath(base, path));
  const path = absolute(name);
  const directory = (await reader.kind(path).catch(() => undefined)) === 'directory' ? path : absolute(parentPath(name));
  return isAbsolutePath(base) === isAbsolutePath(directory) ? relativePath(base, directory) : directory;
}
