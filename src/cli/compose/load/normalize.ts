/**
 * What Compose makes explicit in a merged model: the default network, names of resources, dependencies that follow from
 * other keys.
 * Source: compose-go v2.6.3 loader/normalize.go.
 */
import { cleanPath } from '#engine/go-path.ts';
import { parseBool } from '../../units/number.ts';
import { isModel, newModel, sprint, sprintString, type Model, type ModelValue } from './model.ts';

/** Changes the model, whose `name` is set. */
export function normalize(model: Model, environment: Record<string, string>): void {
  addDefaultNetwork(model);
  for (const service of mappings(model['services'])) normalizeService(service, environment);
  nameResources(model);
}

function addDefaultNetwork(model: Model): void {
  const networks = isModel(model['networks']) ? model['networks'] : newModel();
  let isUsed = false;
  for (const service of mappings(model['services'])) {
    if ('network_mode' in service) continue;
    const own = service['networks'];
    if (!isModel(own) || Object.keys(own).length === 0) service['networks'] = newModel([['default', null]]);
    isUsed ||= 'default' in (service['networks'] as Model);
  }
  if (isUsed && !('default' in networks)) networks['default'] = null;
  if (Object.keys(networks).length > 0) model['networks'] = networks;
}

function normalizeService(service: Model, environment: Record<string, string>): void {
  if (service['pull_policy'] === 'if_not_present') service['pull_policy'] = 'missing';
  const build = service['build'];
  if (isModel(build)) {
    build['context'] ??= '.';
    if (build['dockerfile_inline'] === undefined) build['dockerfile'] ??= 'Dockerfile';
    if ('args' in build) build['args'] = resolveVariables(build['args'] ?? null, environment, false);
  }
  if ('environment' in service) service['environment'] = resolveVariables(service['environment'] ?? null, environment, true);
  addDependencies(service);
  for (const volume of Array.isArray(service['volumes']) ? service['volumes'] : []) {
    if (isModel(volume) && typeof volume['target'] === 'string') volume['target'] = cleanPath(volume['target']);
  }
}

/** Names without a value get that of the environment; one that has none is kept, or left out. */
function resolveVariables(value: ModelValue, environment: Record<string, string>, keepUnset: boolean): ModelValue {
  const lookup = (name: string): string | undefined => (Object.hasOwn(environment, name) ? environment[name] : undefined);
  if (Array.isArray(value)) {
    return value.flatMap((entry) => {
      if (typeof entry !== 'string' || entry.includes('=')) return typeof entry === 'string' ? [entry] : [];
      const found = lookup(entry);
      if (found !== undefined) return [`${entry}=${found}`];
      return keepUnset ? [entry] : [];
    });
  }
  if (!isModel(value)) return value;
  const resolved = newModel();
  for (const [name, entry] of Object.entries(value)) {
    const found = entry ?? lookup(name);
    if (found !== undefined) resolved[name] = found;
    else if (keepUnset) resolved[name] = null;
  }
  return resolved;
}

function addDependencies(service: Model): void {
  const dependencies = isModel(service['depends_on']) ? service['depends_on'] : newModel();
  const add = (name: string, restart: boolean): void => {
    dependencies[name] ??= newModel([
      ['condition', 'service_started'],
      ['restart', restart],
      ['required', true],
    ]);
  };
  for (const link of strings(service['links'])) {
    const parts = link.split(':');
    add(parts.length === 2 ? parts[0]! : link, true);
  }
  for (const namespace of ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']) {
    const mode = service[namespace];
    if (typeof mode === 'string' && mode.startsWith('service:')) add(mode.slice('service:'.length), true);
  }
  for (const source of strings(service['volumes_from'])) {
    if (!source.startsWith('container:')) add(source.split(':', 1)[0]!, false);
  }
  if (Object.keys(dependencies).length > 0) service['depends_on'] = dependencies;
}

function nameResources(model: Model): void {
  for (const kind of ['networks', 'volumes', 'configs', 'secrets']) {
    const resources = model[kind];
    if (!isModel(resources)) continue;
    for (const [key, value] of Object.entries(resources)) {
      const resource = isModel(value) ? value : newModel();
      resource['name'] ??= isTrue(resource['external']) ? key : `${sprintString(model['name'])}_${key}`;
      resources[key] = resource;
    }
  }
}

function isTrue(value: ModelValue | undefined): boolean {
  try {
    return value !== undefined && parseBool(sprint(value));
  } catch {
    return false;
  }
}

function mappings(value: ModelValue | undefined): Model[] {
  return isModel(value) ? Object.values(value).filter(isModel) : [];
}

function strings(value: ModelValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
