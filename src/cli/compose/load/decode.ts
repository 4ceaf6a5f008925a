/**
 * A model to a project, by the table of `shape.ts`. All that cannot be read is collected, as Compose does.
 * Source: compose-go v2.6.3 types (DecodeMapstructure), go-viper/mapstructure v2 for the words.
 */
import { quote } from '#engine/go-quote.ts';
import { parseInteger, parseFloat64 } from '../../units/number.ts';
import { parseRamSize } from '../../units/size.ts';
import { ComposeError } from '../compose-error.ts';
import type { ComposeNetwork, ComposeService, ComposeVolume, FileObject } from '../project.ts';
import { parseComposeDuration } from './duration.ts';
import { parseHostList, parseHostMapping } from './host-list.ts';
import { toBoolean, toFloat, toInt64 } from './interpolate.ts';
import { SECRET_CONTENT } from './resolve-environment.ts';
import { isInt, isModel, newModel, sortedKeys, sprint, typeName, type Model, type ModelValue } from './model.ts';
import { envFile, fileObjectShape, networkShape, serviceShape, volumeShape, type Kind, type Shape } from './shape.ts';
import { splitShellWords } from './shell-words.ts';

export interface DecodedProject {
  services: Record<string, ComposeService>;
  networks: Record<string, ComposeNetwork>;
  volumes: Record<string, ComposeVolume>;
  secrets: Record<string, FileObject>;
  configs: Record<string, FileObject>;
  extensions: Record<string, unknown>;
}

/** Where Compose puts the extensions of an object; also where it does not look for them, so that they seem a key. */
const EXTENSIONS = '#extensions';

/** @throws ComposeError with everything that cannot be read */
export function decodeProject(model: Model, warn: (message: string) => void): DecodedProject {
  separateExtensions(model, []);
  const decoder = new Decoder(warn);
  const services = decoder.map<ComposeService>(model['services'], serviceShape, 'services');
  for (const [name, service] of Object.entries(services)) service.name = name;
  const project = {
    services,
    networks: decoder.map<ComposeNetwork>(model['networks'], networkShape, 'networks'),
    volumes: decoder.map<ComposeVolume>(model['volumes'], volumeShape, 'volumes'),
    secrets: decodeSecrets(decoder, model['secrets']),
    configs: decoder.map<FileObject>(model['configs'], fileObjectShape, 'configs'),
    extensions: isModel(model[EXTENSIONS]) ? model[EXTENSIONS] : newModel(),
  };
  if (decoder.errors.length === 0) return project;
  throw new ComposeError(`decoding failed due to the following error(s):\n\n${decoder.errors.join('\n')}`, 15);
}

function decodeSecrets(decoder: Decoder, value: ModelValue | undefined): Record<string, FileObject> {
  const secrets = decoder.map<FileObject>(value, fileObjectShape, 'secrets');
  for (const secret of Object.values(secrets)) {
    const content = secret.extensions?.[SECRET_CONTENT];
    if (typeof content !== 'string') continue;
    secret.content = content;
    delete secret.extensions?.[SECRET_CONTENT];
    if (Object.keys(secret.extensions ?? {}).length === 0) delete secret.extensions;
  }
  return secrets;
}

/** The names in these are users' own. */
const USER_KEYS = new Set(['services', 'services.*.depends_on', 'volumes', 'networks', 'secrets', 'configs']);

function separateExtensions(model: Model, path: readonly string[]): void {
  const place = path.map((part, index) => (index === 1 && path[0] === 'services' ? '*' : part)).join('.');
  const extensions = newModel();
  for (const [key, value] of Object.entries(model)) {
    if (!USER_KEYS.has(place) && key.startsWith('x-')) {
      extensions[key] = value;
      delete model[key];
    } else if (isModel(value)) separateExtensions(value, [...path, key]);
    else if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) if (isModel(entry)) separateExtensions(entry, [...path, key, String(index)]);
    }
  }
  if (Object.keys(extensions).length > 0) model[EXTENSIONS] = extensions;
}

class Decoder {
  readonly errors: string[] = [];

  constructor(readonly warn: (message: string) => void) {}

  map<T>(value: ModelValue | undefined, shape: Shape, path: string): Record<string, T> {
    const mapping = newModel() as Record<string, unknown> as Record<string, T>;
    if (!isModel(value)) return mapping;
    for (const name of sortedKeys(value)) mapping[name] = this.#object(value[name] ?? newModel(), shape, `${path}[${name}]`) as T;
    return mapping;
  }

  /** Undefined for null, which leaves the zero value. */
  #decode(value: ModelValue, kind: Kind, path: string): unknown {
    if (value === null) return undefined;
    if (typeof kind === 'string') return this.#scalar(value, kind, path);
    if ('object' in kind) return this.#object(value, kind.object, path);
    if ('list' in kind) {
      if (!Array.isArray(value)) return this.#mismatch(value, 'slice', path);
      return value.map((entry, index) => this.#decode(entry ?? newModel(), kind.list, `${path}[${index}]`));
    }
    if (!isModel(value)) return this.#mismatch(value, 'map', path);
    const mapping = newModel() as Record<string, unknown>;
    for (const name of sortedKeys(value)) mapping[name] = this.#decode(value[name] ?? null, kind.map, `${path}[${name}]`) ?? null;
    return mapping;
  }

  #object(value: ModelValue, shape: Shape, path: string): unknown {
    if (!isModel(value)) {
      this.errors.push(`'${path}' expected a map, got '${goKind(value)}'`);
      return undefined;
    }
    const object: Record<string, unknown> = {};
    for (const { key, kind } of shape.fields) {
      const entry = value[key];
      const decoded = entry === undefined ? undefined : this.#decode(entry, kind, `${path}.${key}`);
      if (decoded !== undefined) object[key] = decoded;
    }
    if (shape === envFile) object['required'] ??= false;
    if (shape.extensible && isModel(value[EXTENSIONS])) object['extensions'] = value[EXTENSIONS];
    return object;
  }

  #scalar(value: ModelValue, kind: Kind & string, path: string): unknown {
    const custom = CUSTOM[kind];
    try {
      if (custom) return custom(value);
      switch (kind) {
        case 'string':
          if (typeof value === 'string') return value;
          return isInt(value) ? sprint(value) : this.#mismatch(value, 'string', path);
        case 'boolean':
          if (typeof value === 'boolean') return value;
          return typeof value === 'string' ? toBoolean(value, this.warn) : this.#mismatch(value, 'bool', path);
        case 'integer':
          return this.#integer(value, 'integer', path);
        case 'unsigned':
          return this.#integer(value, 'unsigned', path);
        case 'float':
          if (typeof value === 'number') return toFloat32(value);
          return typeof value === 'string' ? toFloat32(parseFloat32(value)) : this.#mismatch(value, 'float32', path);
        case 'stringMap':
          return this.#stringMap(value, path);
        default:
          return this.#strings(value, path);
      }
    } catch (error) {
      this.errors.push(`error decoding '${path}': ${(error as Error).message}`);
      return undefined;
    }
  }

  #integer(value: ModelValue, kind: 'integer' | 'unsigned', path: string): unknown {
    if (typeof value === 'string' && kind === 'integer') return toInt64(value);
    if (typeof value !== 'number') return this.#mismatch(value, kind === 'integer' ? 'int64' : 'uint64', path);
    if (kind === 'integer' || value >= 0) return Math.trunc(value);
    this.errors.push(`cannot parse '${path}', ${sprint(value)} overflows uint`);
    return undefined;
  }

  #strings(value: ModelValue, path: string): unknown {
    if (!Array.isArray(value)) return this.#mismatch(value, '[]string', path);
    return value.map((entry, index) => this.#decode(entry, 'string', `${path}[${index}]`) ?? '');
  }

  #stringMap(value: ModelValue, path: string): unknown {
    if (!isModel(value)) return this.#mismatch(value, 'map[string]string', path);
    const mapping = newModel() as Record<string, unknown>;
    for (const name of sortedKeys(value)) mapping[name] = this.#decode(value[name] ?? null, 'string', `${path}[${name}]`) ?? '';
    return mapping;
  }

  #mismatch(value: ModelValue, expected: string, path: string): undefined {
    this.errors.push(`'${path}' expected type '${expected}', got unconvertible type '${typeName(value)}', value: '${sprint(value)}'`);
    return undefined;
  }
}

function goKind(value: ModelValue): string {
  if (Array.isArray(value)) return 'slice';
  return typeName(value);
}

const CUSTOM: Partial<Record<Kind & string, (value: ModelValue) => unknown>> = {
  bytes: (value) => (isInt(value) ? value : typeof value === 'string' ? parseRamSize(value) : 0),
  duration: (value) => parseComposeDuration(sprint(value)),
  fileMode: (value) => {
    if (typeof value === 'string') return Number(parseInteger(value, 8));
    if (isInt(value)) return value;
    throw new Error(`unexpected value type ${typeName(value)} for mode`);
  },
  stringList: (value) => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    throw new Error(`invalid type ${typeName(value)} for string list`);
  },
  stringOrNumberList: (value) => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value)) return value.map(sprint);
    throw new Error(`invalid type ${typeName(value)} for string list`);
  },
  shellCommand: (value) => {
    if (typeof value === 'string') return splitShellWords(value);
    return Array.isArray(value) ? value.map(sprint) : undefined;
  },
  healthCheckTest: (value) => {
    if (typeof value === 'string') return ['CMD-SHELL', value];
    if (Array.isArray(value)) return value.map(sprint);
    throw new Error(`unexpected value type ${typeName(value)} for healthcheck.test`);
  },
  mapping: (value) =>
    pairs(
      value,
      'mapping',
      () => '',
      (entry) => (entry === null ? '' : sprint(entry)),
    ),
  labels: (value) =>
    pairs(
      value,
      'labels',
      () => '',
      (entry) => (entry === null ? '' : sprint(entry)),
    ),
  mappingWithNull: (value) =>
    pairs(
      value,
      'mapping',
      (name) => {
        checkTrailingSpace(name);
        return null;
      },
      (entry) => (entry === null ? null : sprint(entry)),
      checkTrailingSpace,
    ),
  options: (value) => {
    if (!isModel(value)) throw new Error(`invalid type ${typeName(value)} for options`);
    return pairs(
      value,
      'options',
      () => '',
      (entry) => (entry === null ? '' : sprint(entry)),
    );
  },
  multiOptions: (value) => {
    if (!isModel(value)) throw new Error(`invalid type ${typeName(value)} for options`);
    return fromEntries(Object.entries(value).map(([name, entry]) => [name, (Array.isArray(entry) ? entry : [entry]).map(sprint)]));
  },
  hosts: (value) => {
    if (Array.isArray(value)) return parseHostList(value.map(sprint));
    if (isModel(value)) return parseHostMapping(value);
    throw new Error(`unexpected value type ${typeName(value)} for extra_hosts`);
  },
  sshKeys: (value) => {
    if (!isModel(value)) throw new Error(`invalid ssh config type ${typeName(value)}`);
    return Object.entries(value).map(([id, path]) => ({ id, ...(path !== null && { path: sprint(path) }) }));
  },
  deviceCount: (value) => {
    if (isInt(value)) return value;
    if (typeof value !== 'string') throw new Error(`invalid type ${typeName(value)} for device count`);
    if (value.toLowerCase() === 'all') return -1;
    try {
      return toInt64(value);
    } catch {
      throw new Error(`invalid value ${quote(value)}, the only value allowed is 'all' or a number`);
    }
  },
  ulimit: (value) => {
    if (isInt(value)) return { single: value };
    if (!isModel(value)) throw new Error(`unexpected value type ${typeName(value)} for ulimit`);
    const { soft, hard } = value;
    return { ...(typeof soft === 'number' && { soft }), ...(typeof hard === 'number' && { hard }) };
  },
};

/** A mapping, or a list of `name=value`. */
function pairs<T>(
  value: ModelValue,
  what: string,
  withoutValue: (name: string) => T,
  convert: (entry: ModelValue) => T,
  check?: (name: string) => void,
): Record<string, T> {
  if (isModel(value)) return fromEntries(Object.entries(value).map(([name, entry]) => [name, convert(entry)]));
  if (!Array.isArray(value)) throw new Error(`unexpected value type ${typeName(value)} for ${what}`);
  return fromEntries(
    value.map((entry) => {
      const text = sprint(entry);
      const equals = text.indexOf('=');
      if (equals < 0) return [text, withoutValue(text)];
      const name = text.slice(0, equals);
      check?.(name);
      return [name, convert(text.slice(equals + 1))];
    }),
  );
}

function checkTrailingSpace(name: string): void {
  if (/[\s\u0085]$/.test(name) && !name.endsWith('\uFEFF'))
    throw new Error(`environment variable ${name} is declared with a trailing space`);
}

function fromEntries<T>(entries: Iterable<[string, T]>): Record<string, T> {
  const mapping = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) mapping[name] = value;
  return mapping;
}

function parseFloat32(text: string): number {
  const value = toFloat(text);
  if (Math.fround(value) !== Infinity || value === Infinity) return value;
  return parseFloat64(`${text}e999`);
}

/** The shortest decimal that is the same 32-bit number: Go keeps and prints these as such. */
function toFloat32(value: number): number {
  const nearest = Math.fround(value);
  for (let digits = 1; digits < 10; digits++) {
    const shorter = Number(nearest.toPrecision(digits));
    if (Math.fround(shorter) === nearest) return shorter;
  }
  return nearest;
}
