/**
 * A later file over an earlier one: mappings merge, lists are joined, scalars replaced, and where Compose has a rule of
 * its own, that.
 * Source: compose-go v2.6.3 override.
 */
import { ComposeError } from '../compose-error.ts';
import { compareStrings, isModel, newModel, sprint, typeName, type Model, type ModelValue } from './model.ts';
import { PathTable, pathText, type ModelPath } from './model-path.ts';

type Merge = (base: ModelValue, over: ModelValue, path: ModelPath) => ModelValue;

const RULES = new PathTable<Merge>({
  'networks.*.ipam.config': mergeIpam,
  'networks.*.labels': joined,
  'volumes.*.labels': joined,
  'services.*.annotations': joined,
  'services.*.build': mergeBuild,
  'services.*.build.args': joined,
  'services.*.build.additional_contexts': joined,
  'services.*.build.extra_hosts': mergeHosts,
  'services.*.build.labels': joined,
  'services.*.command': replaced,
  'services.*.depends_on': mergeDependencies,
  'services.*.deploy.labels': joined,
  'services.*.dns': joined,
  'services.*.dns_opt': joined,
  'services.*.dns_search': joined,
  'services.*.entrypoint': replaced,
  'services.*.env_file': joined,
  'services.*.label_file': joined,
  'services.*.environment': joined,
  'services.*.extra_hosts': mergeHosts,
  'services.*.healthcheck.test': replaced,
  'services.*.labels': joined,
  'services.*.volumes.*.volume.labels': joined,
  'services.*.logging': mergeLogging,
  'services.*.networks': (base, over, path) => mergeMappings(toMapping(base), toMapping(over), path),
  'services.*.sysctls': joined,
  'services.*.tmpfs': joined,
  'services.*.ulimits.*': replaced,
});

/** Merges into `base`, which is changed. */
export function mergeModels(base: Model, over: Model): Model {
  return mergeValues(base, over, []) as Model;
}

/** A service over the one that it extends. */
export function mergeService(base: Model, service: Model): Model {
  return mergeValues(base, service, ['services', 'x']) as Model;
}

function mergeValues(base: ModelValue, over: ModelValue, path: ModelPath): ModelValue {
  const rule = RULES.at(path);
  if (rule) return rule(base, over, path);
  if (over === null) return base;
  if (isModel(base)) {
    if (!isModel(over)) throw new ComposeError(`cannot override ${pathText(path)}`, 15);
    return mergeMappings(base, over, path);
  }
  if (Array.isArray(base)) {
    if (!Array.isArray(over)) throw new ComposeError(`cannot override ${pathText(path)}`, 15);
    return [...base, ...over];
  }
  return over;
}

function mergeMappings(base: Model, over: Model, path: ModelPath): Model {
  for (const [key, value] of Object.entries(over)) {
    const present = base[key];
    base[key] = present === undefined ? value : mergeValues(present, value, [...path, key]);
  }
  return base;
}

function replaced(_: ModelValue, over: ModelValue): ModelValue {
  return over;
}

function joined(base: ModelValue, over: ModelValue): ModelValue {
  return [...toSequence(base), ...toSequence(over)];
}

function mergeHosts(base: ModelValue, over: ModelValue): ModelValue {
  const hosts = toSequence(base);
  return [...hosts, ...toSequence(over).filter((host) => !hosts.includes(host))];
}

/** Options are merged only when both files mean one driver. */
function mergeLogging(base: ModelValue, over: ModelValue, path: ModelPath): ModelValue {
  for (const value of [base, over]) if (!isModel(value)) throw noMapping(value);
  const [from, to] = [base as Model, over as Model];
  const differ = 'driver' in from && 'driver' in to && from['driver'] !== to['driver'];
  return differ ? to : mergeMappings(from, to, path);
}

function mergeBuild(base: ModelValue, over: ModelValue, path: ModelPath): ModelValue {
  const build = (value: ModelValue): Model => (typeof value === 'string' ? newModel([['context', value]]) : mappingOf(value));
  return mergeMappings(build(base), build(over), path);
}

function mergeDependencies(base: ModelValue, over: ModelValue, path: ModelPath): ModelValue {
  const started = (): Model =>
    newModel([
      ['condition', 'service_started'],
      ['required', true],
    ]);
  return mergeMappings(toMapping(base, started), toMapping(over, started), path);
}

/** By subnet; one that the earlier file has is merged into. */
function mergeIpam(base: ModelValue, over: ModelValue, path: ModelPath): ModelValue {
  if (!Array.isArray(base) || !Array.isArray(over)) {
    throw new ComposeError(`${pathText(path)}: unexpected type ${typeName(base)}`, 15);
  }
  const merged: Model[] = [];
  const indexOf = (subnet: ModelValue | undefined): number => merged.findIndex((pool) => pool['subnet'] === subnet);
  for (const original of base) {
    const right = toMapping(original);
    for (const override of over) {
      const left = toMapping(override);
      if (left['subnet'] !== right['subnet'] && indexOf(left['subnet']) < 0) {
        merged.push(left);
        continue;
      }
      const pool = mergeMappings(right, left, path);
      const at = indexOf(pool['subnet']);
      if (at >= 0) merged[at] = pool;
      else merged.push(pool);
    }
  }
  return merged;
}

function toSequence(value: ModelValue): ModelValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [value];
  if (!isModel(value)) return [];
  const entries = Object.entries(value).flatMap(([key, entry]) => {
    if (entry === null) return [key];
    return (Array.isArray(entry) ? entry : [entry]).map((item) => `${key}=${sprint(item)}`);
  });
  return entries.sort(compareStrings);
}

function toMapping(value: ModelValue, initial: () => ModelValue = () => null): Model {
  if (Array.isArray(value)) return newModel(value.map((name) => [nameOf(name), initial()]));
  return mappingOf(value);
}

function mappingOf(value: ModelValue): Model {
  return isModel(value) ? value : newModel();
}

/** Files are merged before they are checked: this is refused here, where Compose crashes. */
function noMapping(value: ModelValue): ComposeError {
  return new ComposeError(`interface conversion: interface {} is ${typeName(value)}, not map[string]interface {}`, 15);
}

function nameOf(value: ModelValue): string {
  if (typeof value === 'string') return value;
  throw new ComposeError(`interface conversion: interface {} is ${typeName(value)}, not string`, 15);
}
