/**
 * Values that Compose sets where none is given, once all files are merged, and the checks that come with it.
 * Source: compose-go v2.6.3 transform/defaults.go, validation.
 */
import { ComposeError } from '../compose-error.ts';
import { parseIpAddress } from '../../options/ip-address.ts';
import { isModel, newModel, sprint, sprintString, typeName, type Model, type ModelValue } from './model.ts';
import { PathTable, pathText, type ModelPath } from './model-path.ts';

type Visit = (value: ModelValue, path: ModelPath) => ModelValue;

const DEFAULTS = new PathTable<Visit>({
  'services.*.build': (value) => {
    if (isModel(value) && !('context' in value)) value['context'] = '.';
    return value;
  },
  'services.*.secrets.*': (value, path) => {
    if (!isModel(value)) throw new ComposeError(`${pathText(path)}: unsupported type ${typeName(value)}`, 15);
    if (!('target' in value)) value['target'] = `/run/secrets/${sprintString(value['source'])}`;
    return value;
  },
  'services.*.ports.*': (value) => {
    if (!isModel(value)) return value;
    if (!('protocol' in value)) value['protocol'] = 'tcp';
    if (!('mode' in value)) value['mode'] = 'ingress';
    return value;
  },
  'services.*.deploy.resources.reservations.devices.*': deviceDefaults,
  'services.*.gpus.*': deviceDefaults,
});

function deviceDefaults(value: ModelValue, path: ModelPath): ModelValue {
  if (!isModel(value)) throw new ComposeError(`${pathText(path)}: invalid type ${typeName(value)} for device request`, 15);
  if (!('count' in value) && !('device_ids' in value)) value['count'] = 'all';
  return value;
}

const CHECKS = new PathTable<Visit>({
  'volumes.*': volume,
  'configs.*': fileObject(['file', 'environment', 'content']),
  'secrets.*': fileObject(['file', 'environment']),
  'services.*.ports.*': (value, path) => {
    const address = isModel(value) ? value['host_ip'] : undefined;
    if (address === undefined || parseIpAddress(sprint(address))) return value;
    throw new ComposeError(`${pathText(path)}: invalid ip address: ${sprint(address)}`, 15);
  },
  'services.*.develop.watch.*.path': (value, path) => {
    if (value === '') throw new ComposeError(`${pathText(path)}: value can't be blank`, 15);
    return value;
  },
  'services.*.deploy.resources.reservations.devices.*': deviceRequest,
  'services.*.gpus.*': deviceRequest,
});

function volume(value: ModelValue, path: ModelPath): ModelValue {
  if (value === null) return value;
  if (!isModel(value)) throw new ComposeError(`expected volume, got ${sprintString(value)}`, 15);
  if (value['external'] !== true) return value;
  const other = Object.keys(value).find((key) => key !== 'name' && key !== 'external' && !key.startsWith('x-'));
  if (other === undefined) return value;
  throw new ComposeError(`${pathText(path)}: conflicting parameters "external" and "${other}" specified`, 15);
}

function fileObject(keys: string[]): Visit {
  return (value, path) => {
    const model = isModel(value) ? value : newModel();
    const count = keys.filter((key) => key in model).length;
    if (count > 1) throw new ComposeError(`${pathText(path)}: ${keys.join('|')} attributes are mutually exclusive`, 15);
    if (count === 1 || 'driver' in model || 'external' in model) return value;
    throw new ComposeError(`${pathText(path)}: one of ${keys.join('|')} must be set`, 15);
  };
}

function deviceRequest(value: ModelValue, path: ModelPath): ModelValue {
  if (!isModel(value) || !('count' in value) || !('device_ids' in value)) return value;
  throw new ComposeError(`${pathText(path)}: "count" and "device_ids" attributes are exclusive`, 15);
}

/** Changes the model. */
export function setDefaults(model: Model): void {
  visit(DEFAULTS, model, []);
}

/** @throws ComposeError */
export function checkValues(model: Model): void {
  visit(CHECKS, model, []);
}

function visit(table: PathTable<Visit>, value: ModelValue, path: ModelPath): ModelValue {
  const rule = table.at(path);
  if (rule) return rule(value, path);
  if (isModel(value)) {
    for (const [key, entry] of Object.entries(value)) value[key] = visit(table, entry, [...path, key]);
  } else if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) value[index] = visit(table, entry, [...path, '[]']);
  }
  return value;
}
