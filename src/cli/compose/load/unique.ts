/**
 * Lists in which a later element takes the place of an earlier one of the same key: a variable's name, a mount's target.
 * Source: compose-go v2.6.3 override, EnforceUnicity.
 */
import { ComposeError } from '../compose-error.ts';
import { isInt, isModel, sprint, sprintString, typeName, type Model, type ModelValue } from './model.ts';
import { PathTable, pathText, type ModelPath } from './model-path.ts';
import { parseVolumeSpec } from './volume-spec.ts';

type KeyOf = (value: ModelValue, path: ModelPath) => string;

const KEYS = new PathTable<KeyOf>({
  'networks.*.labels': variableName,
  'networks.*.ipam.options': variableName,
  'services.*.annotations': variableName,
  'services.*.build.args': variableName,
  'services.*.build.additional_contexts': variableName,
  'services.*.build.platform': variableName,
  'services.*.build.tags': variableName,
  'services.*.build.labels': variableName,
  'services.*.cap_add': variableName,
  'services.*.cap_drop': variableName,
  'services.*.devices': deviceTarget,
  'services.*.configs': fileTarget(''),
  'services.*.deploy.labels': variableName,
  'services.*.dns': variableName,
  'services.*.dns_opt': variableName,
  'services.*.dns_search': variableName,
  'services.*.environment': variableName,
  'services.*.env_file': envFilePath,
  'services.*.expose': exposed,
  'services.*.labels': variableName,
  'services.*.links': variableName,
  'services.*.networks.*.aliases': variableName,
  'services.*.networks.*.link_local_ips': variableName,
  'services.*.ports': port,
  'services.*.profiles': variableName,
  'services.*.secrets': fileTarget('/run/secrets'),
  'services.*.sysctls': variableName,
  'services.*.tmpfs': variableName,
  'services.*.volumes': volumeTarget,
});

/** Changes the model. */
export function enforceUnique(model: Model): Model {
  return enforce(model, []) as Model;
}

function enforce(value: ModelValue, path: ModelPath): ModelValue {
  if (isModel(value)) {
    for (const [key, entry] of Object.entries(value)) value[key] = enforce(entry, [...path, key]);
    return value;
  }
  const keyOf = Array.isArray(value) ? KEYS.at(path) : undefined;
  if (!Array.isArray(value) || !keyOf) return value;
  const unique = new Map<string, ModelValue>();
  for (const [index, entry] of value.entries()) unique.set(keyOf(entry, [...path, `[${index}]`]), entry);
  return [...unique.values()];
}

function variableName(value: ModelValue, path: ModelPath): string {
  if (typeof value !== 'string') throw new ComposeError(`${pathText(path)}: unexpected type ${typeName(value)}`, 15);
  return value.split('=', 1)[0] ?? '';
}

function volumeTarget(value: ModelValue, path: ModelPath): string {
  if (isModel(value)) {
    if (typeof value['target'] === 'string') return value['target'];
    throw new ComposeError(`service volume ${pathText(path)} is missing a mount target`, 15);
  }
  return typeof value === 'string' ? (parseVolumeSpec(value).target ?? '') : '';
}

function deviceTarget(value: ModelValue, path: ModelPath): string {
  if (isModel(value)) {
    if (typeof value['target'] === 'string') return value['target'];
    throw new ComposeError(`service device ${pathText(path)} is missing a mount target`, 15);
  }
  if (typeof value !== 'string') return '';
  const [source = '', target] = value.split(':');
  return target ?? source;
}

function exposed(value: ModelValue, path: ModelPath): string {
  if (typeof value === 'string') return value;
  if (isInt(value)) return String(value);
  throw new ComposeError(`${pathText(path)}: unsupported expose value ${sprintString(value)}`, 15);
}

function fileTarget(directory: string): KeyOf {
  return (value, path) => {
    if (typeof value === 'string') return `${directory}/${value}`;
    if (!isModel(value)) throw new ComposeError(`${pathText(path)}: unsupported expose value ${sprintString(value)}`, 15);
    return 'target' in value ? sprint(value['target']) : `${directory}/${sprintString(value['source'])}`;
  };
}

function port(value: ModelValue, path: ModelPath): string {
  if (typeof value === 'string') return value;
  if (isInt(value)) return String(value);
  if (!isModel(value)) return '';
  if (!('target' in value)) throw new ComposeError(`service ports ${pathText(path)} is missing a target port`, 15);
  const { host_ip: host = '0.0.0.0', published, target, protocol = 'tcp' } = value;
  return [host, published, target, protocol].map(sprintString).join(':');
}

function envFilePath(value: ModelValue, path: ModelPath): string {
  if (typeof value === 'string') return value;
  if (!isModel(value)) return '';
  if (typeof value['path'] === 'string') return value['path'];
  throw new ComposeError(`environment path attribute ${pathText(path)} is missing`, 15);
}
