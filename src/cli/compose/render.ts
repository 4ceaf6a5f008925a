/**
 * A project as `docker compose config` prints it: each object's keys in Go's order, empty ones left out, durations and
 * sizes as text. Extensions are in YAML only, but for the project's own.
 * Source: compose-go v2.6.3 types (MarshalYAML, MarshalJSON).
 */
import { formatDuration } from '#engine/go-duration.ts';
import { ComposeError } from './compose-error.ts';
import { goJson } from './go-json.ts';
import { emitYaml, YamlFloat } from './emit-yaml.ts';
import { compareStrings } from './load/model.ts';
import { envFile, fileObjectShape, networkShape, serviceShape, volumeShape, type Field, type Kind, type Shape } from './load/shape.ts';
import type { ComposeService, EnvFile, FileObject, Project, Ulimit } from './project.ts';

type Format = 'json' | 'yaml';
/** Maps keep the order in which they are written; plain objects are sorted by the writer. */
export type Tree = null | boolean | number | string | YamlFloat | Tree[] | Map<string, Tree> | { [key: string]: unknown };

export function projectYaml(project: Project): string {
  const tree = new Map<string, Tree>();
  if (project.name !== '') tree.set('name', project.name);
  tree.set('services', objects(project.services, serviceShape, 'yaml'));
  const { networks, volumes } = project;
  const resources = { networks: objects(networks, networkShape, 'yaml'), volumes: objects(volumes, volumeShape, 'yaml') };
  const files = { secrets: secrets(project, 'yaml'), configs: configs(project, 'yaml') };
  for (const [key, value] of Object.entries({ ...resources, ...files })) if (Object.keys(value).length > 0) tree.set(key, value);
  for (const [key, value] of Object.entries(project.extensions).sort(byKey)) tree.set(key, value as Tree);
  return emitYaml(tree);
}

export function projectJson(project: Project): string {
  const tree: Record<string, unknown> = { name: project.name, services: objects(project.services, serviceShape, 'json') };
  const { networks, volumes } = project;
  const resources = { networks: objects(networks, networkShape, 'json'), volumes: objects(volumes, volumeShape, 'json') };
  const files = { secrets: secrets(project, 'json'), configs: configs(project, 'json') };
  for (const [key, value] of Object.entries({ ...resources, ...files })) if (Object.keys(value).length > 0) tree[key] = value;
  return goJson({ ...tree, ...project.extensions }, '  ');
}

/** What the hash of a service is of. */
export function serviceJson(service: ComposeService): string {
  return goJson(object(service, serviceShape, 'json'));
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return compareStrings(left, right);
}

function objects(values: Record<string, object>, shape: Shape, format: Format): Record<string, Tree> {
  return fromEntries(Object.entries(values).map(([name, value]) => [name, object(value, shape, format)]));
}

/** What a secret is read from is shown, never what is in it. */
function secrets(project: Project, format: Format): Record<string, Tree> {
  const shown = Object.entries(project.secrets).map(([name, secret]): [string, FileObject] => [name, { ...secret, content: undefined }]);
  return objects(Object.fromEntries(shown), fileObjectShape, format);
}

function configs(project: Project, format: Format): Record<string, Tree> {
  const shown = Object.entries(project.configs).map(([name, config]): [string, FileObject] => [
    name,
    config.environment ? { ...config, content: undefined } : config,
  ]);
  return objects(Object.fromEntries(shown), fileObjectShape, format);
}

function object(value: object, shape: Shape, format: Format): Map<string, Tree> {
  const tree = new Map<string, Tree>();
  const values = value as Record<string, unknown>;
  for (const field of shape.fields) {
    const key = format === 'json' ? (field.jsonKey ?? field.key) : field.key;
    const entry = values[field.key];
    if (isOmitted(field, entry, format)) continue;
    tree.set(key, entry === undefined ? zero(field, format) : render(entry, field.kind, format));
  }
  const { extensions } = values as { extensions?: Record<string, unknown> };
  if (format === 'yaml' && extensions) for (const [key, entry] of Object.entries(extensions).sort(byKey)) tree.set(key, entry as Tree);
  return tree;
}

function isOmitted(field: Field, value: unknown, format: Format): boolean {
  if (field.always === 'both' || (field.always === 'json' && format === 'json')) return false;
  if (value === undefined || value === null) {
    // JSON has no notion of an empty struct.
    return field.nullable === true || format === 'yaml' || typeof field.kind === 'string' || !('object' in field.kind);
  }
  if (field.nullable) return false;
  if (typeof field.kind === 'object' && 'object' in field.kind) return format === 'yaml' && isZero(value, field.kind.object);
  if (field.kind === 'shellCommand') return false;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

/** No key of a struct has a value; a pointer to an empty one is one. */
function isZero(value: object, shape: Shape): boolean {
  const values = value as Record<string, unknown>;
  if (Object.keys((values['extensions'] as object | undefined) ?? {}).length > 0) return false;
  return shape.fields.every((field) => isOmitted({ ...field, always: undefined }, values[field.key], 'yaml'));
}

function zero(field: Field, format: Format): Tree {
  if (typeof field.kind === 'object') return 'object' in field.kind ? object({}, field.kind.object, format) : null;
  if (field.kind === 'shellCommand') return null;
  if (field.kind === 'boolean') return false;
  if (field.kind === 'bytes') return '0';
  return field.kind === 'string' ? '' : 0;
}

function render(value: unknown, kind: Kind, format: Format): Tree {
  if (value === null) return null;
  if (typeof kind === 'object') {
    if ('object' in kind)
      return kind.object === envFile ? renderEnvFile(value as EnvFile, format) : object(value as object, kind.object, format);
    if ('list' in kind) return (value as unknown[]).map((entry) => render(entry, kind.list, format));
    return fromEntries(Object.entries(value as object).map(([name, entry]) => [name, render(entry, kind.map, format)]));
  }
  switch (kind) {
    case 'bytes':
      return BigInt(Math.trunc(value as number)).toString();
    case 'duration':
      return formatDuration(BigInt(Math.trunc(value as number)));
    case 'fileMode':
      return `0${(value as number).toString(8)}`;
    case 'float':
      return format === 'yaml' ? new YamlFloat(value as number) : (value as number);
    case 'hosts':
      return hostLines(value as Record<string, string[]>, '=').sort(compareStrings);
    case 'sshKeys':
      return (value as { id: string; path?: string }[]).map((key) => sshKey(key, format));
    case 'ulimit':
      return ulimit(value as Ulimit, format);
    default:
      return value as Tree;
  }
}

/** `name=address` for each address of `extra_hosts`. */
export function hostLines(hosts: Record<string, string[]>, separator: string): string[] {
  return Object.entries(hosts).flatMap(([host, addresses]) => addresses.map((address) => `${host}${separator}${address}`));
}

function sshKey({ id, path }: { id: string; path?: string }, format: Format): Tree {
  if (!path) return id;
  if (format === 'yaml') return `${id}: ${path}`;
  // Compose writes what is no JSON, and its encoder says so.
  throw new ComposeError("json: error calling MarshalJSON for type types.SSHKey: invalid character ':' after top-level value");
}

function ulimit({ single = 0, soft = 0, hard = 0 }: Ulimit, format: Format): Tree {
  if (single !== 0) return single;
  if (format === 'yaml') {
    return new Map([
      ['soft', soft],
      ['hard', hard],
    ]);
  }
  const tree = new Map<string, Tree>();
  if (soft !== 0) tree.set('soft', soft);
  if (hard !== 0) tree.set('hard', hard);
  return tree;
}

function renderEnvFile({ path = '', required, format: syntax = '' }: EnvFile, format: Format): Tree {
  if (required) return path;
  if (format === 'yaml') return { path, required };
  return new Map<string, Tree>([
    ...(path ? [['path', path] as const] : []),
    ['required', required],
    ...(syntax ? [['format', syntax] as const] : []),
  ]);
}

function fromEntries<T>(entries: Iterable<[string, T]>): Record<string, T> {
  const mapping = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) mapping[name] = value;
  return mapping;
}
