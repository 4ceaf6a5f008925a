/**
 * Short forms written out in long form, in a merged and checked model.
 * Source: compose-go v2.6.3 transform.
 */
import { cleanPath } from '#engine/go-path.ts';
import { quote } from '#engine/go-quote.ts';
import { ComposeError } from '../compose-error.ts';
import { isInt, isModel, newModel, sprint, sprintString, typeName, type Model, type ModelValue } from './model.ts';
import { PathTable, pathText, type ModelPath } from './model-path.ts';
import { parsePorts } from './port-spec.ts';
import { parseVolumeSpec } from './volume-spec.ts';

export interface CanonicalOptions {
  /** Leaves a short form that cannot be read as it is: variables have not been replaced. */
  lenient: boolean;
  warn: (message: string) => void;
}

/** Changes the model. */
export function toCanonical(model: Model, options: CanonicalOptions): Model {
  return new Canonical(options).transform(model, []) as Model;
}

type Transform = (this: Canonical, value: ModelValue, path: ModelPath) => ModelValue;

const TRANSFORMS = new PathTable<Transform>({
  'services.*': service,
  'services.*.build.secrets.*': fileMount,
  'services.*.build.additional_contexts': keyValues,
  'services.*.depends_on': dependencies,
  'services.*.env_file': envFiles,
  'services.*.label_file': stringOrList,
  'services.*.extends': extended,
  'services.*.gpus': gpus,
  'services.*.networks': networks,
  'services.*.volumes.*': volumeMount,
  'services.*.dns': stringOrList,
  'services.*.devices.*': device,
  'services.*.secrets.*': fileMount,
  'services.*.configs.*': fileMount,
  'services.*.ports': ports,
  'services.*.build': build,
  'services.*.build.ssh': sshKeys,
  'services.*.ulimits.*': ulimit,
  'services.*.build.ulimits.*': ulimit,
  'services.*.develop.watch.*.ignore': stringOrList,
  'services.*.develop.watch.*.include': stringOrList,
  'volumes.*': maybeExternal,
  'networks.*': maybeExternal,
  'secrets.*': maybeExternal,
  'configs.*': maybeExternal,
  'include.*': included,
});

class Canonical {
  constructor(readonly options: CanonicalOptions) {}

  transform(value: ModelValue, path: ModelPath): ModelValue {
    const transform = TRANSFORMS.at(path);
    return transform ? transform.call(this, value, path) : this.entries(value, path);
  }

  /** What is in a mapping or a list, each by its own rule. */
  entries(value: ModelValue, path: ModelPath): ModelValue {
    if (isModel(value)) {
      for (const [key, entry] of Object.entries(value)) value[key] = this.transform(entry, [...path, key]);
    } else if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) value[index] = this.transform(entry, [...path, '[]']);
    }
    return value;
  }
}

function service(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  return isModel(value) ? this.entries(value, path) : value;
}

function wrong(path: ModelPath, value: ModelValue, what: string): ComposeError {
  return new ComposeError(`${pathText(path)}: invalid type ${typeName(value)} for ${what}`, 15);
}

function unsupported(path: ModelPath, value: ModelValue): ComposeError {
  return new ComposeError(`${pathText(path)}: unsupported type ${typeName(value)}`, 15);
}

function stringOrList(value: ModelValue): ModelValue {
  return typeof value === 'string' ? [value] : value;
}

function build(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return this.entries(value, path);
  if (typeof value === 'string') return newModel([['context', value]]);
  throw wrong(path, value, 'build');
}

function extended(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return this.entries(value, path);
  if (typeof value === 'string') return newModel([['service', value]]);
  throw wrong(path, value, 'extends');
}

function included(value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return value;
  if (typeof value === 'string') return newModel([['path', value]]);
  throw wrong(path, value, 'external');
}

function fileMount(value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return value;
  if (typeof value === 'string') return newModel([['source', value]]);
  throw unsupported(path, value);
}

function keyValues(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return value;
  if (!Array.isArray(value)) throw new ComposeError(`${pathText(path)}: invalid type ${typeName(value)}`, 15);
  const mapping = newModel();
  for (const entry of value) {
    const text = sprint(entry);
    const equals = text.indexOf('=');
    if (equals < 0) {
      if (this.options.lenient) return value;
      throw new ComposeError(`${pathText(path)}: invalid value ${text}, expected key=value`, 15);
    }
    mapping[text.slice(0, equals)] = text.slice(equals + 1);
  }
  return mapping;
}

function dependencies(value: ModelValue, path: ModelPath): ModelValue {
  if (Array.isArray(value)) {
    return newModel(
      value.map((name) => [
        sprint(name),
        newModel([
          ['condition', 'service_started'],
          ['required', true],
        ] as const),
      ]),
    );
  }
  if (!isModel(value)) throw wrong(path, value, 'depend_on');
  for (const [name, dependency] of Object.entries(value)) {
    if (!isModel(dependency)) throw new ComposeError(`${pathText(path)}.${name}: unsupported value ${sprintString(value)}`, 15);
    dependency['condition'] ??= 'service_started';
    if (!('required' in dependency)) dependency['required'] = true;
  }
  return value;
}

function envFiles(value: ModelValue, path: ModelPath): ModelValue {
  const envFile = (entry: ModelValue): ModelValue => {
    const file = typeof entry === 'string' ? newModel([['path', entry]]) : entry;
    if (!isModel(file)) return null;
    if (!('required' in file)) file['required'] = true;
    return file;
  };
  if (typeof value === 'string') return [envFile(value)];
  if (Array.isArray(value)) return value.map(envFile);
  throw wrong(path, value, 'env_file');
}

function gpus(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (Array.isArray(value)) return this.entries(value, path);
  if (typeof value === 'string') return [newModel([['count', 'all']])];
  throw wrong(path, value, 'gpus');
}

function networks(value: ModelValue): ModelValue {
  return Array.isArray(value) ? newModel(value.map((name) => [sprint(name), null])) : value;
}

function volumeMount(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return value;
  if (typeof value !== 'string') throw wrong(path, value, 'service volume mount');
  try {
    const { target = '', ...volume } = parseVolumeSpec(value);
    return toModel({ ...volume, target: target === '' ? '' : cleanPath(target) });
  } catch (error) {
    if (this.options.lenient) return value;
    throw error;
  }
}

function device(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return value;
  if (typeof value !== 'string') throw wrong(path, value, 'service volume mount');
  const parts = value.split(':');
  if (parts.length > 3) {
    if (!this.options.lenient) throw new ComposeError(`confusing device mapping, please use long syntax: ${value}`, 15);
    parts.length = 0;
  }
  const [source = '', target = '', permissions = 'rwm'] = parts;
  return newModel([
    ['source', source],
    ['target', target || source],
    ['permissions', permissions],
  ]);
}

function ports(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (!Array.isArray(value)) throw wrong(path, value, 'port');
  const all: ModelValue[] = [];
  for (const entry of value) {
    if (isModel(entry)) all.push(entry);
    else if (typeof entry !== 'string' && !isInt(entry)) throw wrong(path, entry, 'port');
    else {
      try {
        all.push(...parsePorts(String(entry)).map((port) => toModel(port)));
      } catch (error) {
        if (this.options.lenient && typeof entry === 'string') return value;
        throw error;
      }
    }
  }
  return all;
}

function sshKeys(value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) return value;
  if (!Array.isArray(value)) throw wrong(path, value, 'ssh');
  const keys = newModel();
  for (const entry of value) {
    if (typeof entry !== 'string') throw new ComposeError(`invalid ssh key type ${typeName(entry)}`, 15);
    const equals = entry.indexOf('=');
    if (equals < 0 && entry !== 'default') throw new ComposeError(`invalid ssh key ${quote(entry)}`, 15);
    if (equals < 0) keys[entry] = null;
    else keys[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return keys;
}

function ulimit(value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value) || isInt(value)) return value;
  throw wrong(path, value, 'external');
}

function maybeExternal(this: Canonical, value: ModelValue, path: ModelPath): ModelValue {
  if (!isModel(value)) return value;
  const resource = this.entries(value, path) as Model;
  const { external, name } = resource;
  if (!isModel(external)) return resource;
  resource['external'] = true;
  const oldName = external['name'];
  if (oldName === undefined) return resource;
  this.options.warn(`${pathText(path)}: external.name is deprecated. Please set name and external: true`);
  if (name !== undefined && name !== oldName) {
    throw new ComposeError(`${pathText(path)}: name and external.name conflict; only use name`, 15);
  }
  resource['name'] = oldName;
  return resource;
}

function toModel(value: object): Model {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== false);
  return newModel(entries.map(([key, entry]) => [key, typeof entry === 'object' ? toModel(entry as object) : (entry as ModelValue)]));
}
