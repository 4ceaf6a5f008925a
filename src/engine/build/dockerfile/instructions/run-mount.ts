/**
 * The values of `RUN --mount=…`. Checked in two steps, as BuildKit does: when the file is read only the text's form and
 * `from` are looked at, the rest when variables are expanded.
 * Source: BuildKit frontend/dockerfile/instructions/commands_runmount.go.
 */
import { quote } from '../../../go-quote.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import { suggesting } from '../suggest.ts';
import { csvFields } from './csv.ts';
import { parseGoBool, parseRamSize, parseUnsigned } from '../../../go-values.ts';

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;
export type MountType = (typeof types)[number];
export type MountSharing = (typeof sharings)[number];

export interface RunMount {
  type: MountType;
  /** Stage or image. */
  from: string;
  source: string;
  target: string;
  readOnly: boolean;
  sizeBytes: number;
  id: string;
  sharing: MountSharing | '';
  required: boolean;
  /** Variable that gets the secret. */
  env: string | undefined;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
}

const keys = [
  'type',
  'from',
  'source',
  'target',
  'readonly',
  'id',
  'sharing',
  'required',
  'size',
  'mode',
  'uid',
  'gid',
  'src',
  'dst',
  'destination',
  'ro',
  'rw',
  'readwrite',
  'env',
];

/** What can be said before variables are expanded: `from`, which must not have any. @throws DockerfileError */
export function mountFrom(text: string): string {
  let from = '';
  for (const { key, value } of fieldsOf(text)) {
    if (key !== 'from' || value === undefined) continue;
    const dollar = value.indexOf('$');
    if (dollar >= 0 && dollar !== value.length - 1) {
      throw new DockerfileError(`'${key}' doesn't support variable expansion, define alias stage instead`);
    }
    from = value;
  }
  return from;
}

/** @throws DockerfileError */
export function parseMount(text: string, expand: (word: string) => string): RunMount {
  const mount = emptyMount();
  let readOnly: boolean | undefined;
  for (const { key, value: written, field } of fieldsOf(text)) {
    const value = written === undefined ? undefined : expand(written);
    if (key === 'readonly' || key === 'ro') readOnly = flagValue(key, value);
    else if (key === 'readwrite' || key === 'rw') readOnly = !flagValue(key, value);
    else if (key === 'required') {
      if (mount.type !== 'secret' && mount.type !== 'ssh') throw unexpectedFor(key, mount.type);
      mount.required = flagValue(key, value);
    } else if (value === undefined) throw new DockerfileError(`invalid field '${field}' must be a key=value pair`);
    else setField(mount, key, value, field);
  }
  checkMount(mount);
  mount.readOnly = readOnly ?? (mount.type !== 'cache' && mount.type !== 'tmpfs');
  return mount;
}

function emptyMount(): RunMount {
  return {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    readOnly: true,
    sizeBytes: 0,
    id: '',
    sharing: '',
    required: false,
    env: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
  };
}

function fieldsOf(text: string): { key: string; value: string | undefined; field: string }[] {
  let fields: string[];
  try {
    fields = csvFields(text);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`failed to parse csv mounts: ${error.message}`);
  }
  return fields.map((field) => {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    return { key, value: equals < 0 ? undefined : field.slice(equals + 1), field };
  });
}

function setField(mount: RunMount, key: string, value: string, field: string): void {
  switch (key) {
    case 'type':
      mount.type = oneOf(types, value, `unsupported mount type ${quote(value)}`);
      return;
    case 'from':
      mount.from = value;
      return;
    case 'source':
    case 'src':
      mount.source = value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      mount.target = value;
      return;
    case 'size':
      if (mount.type !== 'tmpfs') throw unexpectedFor(key, mount.type);
      mount.sizeBytes = parseRamSize(value) ?? invalidValue(key, value);
      return;
    case 'id':
      mount.id = value;
      return;
    case 'sharing':
      mount.sharing = oneOf(sharings, value, `unsupported sharing value ${quote(value)}`);
      return;
    case 'mode':
    case 'uid':
    case 'gid': {
      const number = parseUnsigned(value, key === 'mode' ? 8 : 10);
      if (number === undefined) throw new DockerfileError(`invalid value ${value} for ${key}`);
      mount[key] = number;
      return;
    }
    case 'env':
      mount.env = value;
      return;
    default:
      throw new DockerfileError(suggesting(`unexpected key '${key}' in '${field}'`, key, keys));
  }
}

function checkMount(mount: RunMount): void {
  const { type } = mount;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) {
      if (mount[key] !== undefined) throw new DockerfileError(`${key} not allowed for ${quote(type)} type mounts`);
    }
  }
  if (type === 'secret') {
    if (mount.from !== '') throw new DockerfileError('secret mount should not have a from');
    if (mount.sharing !== '') throw new DockerfileError('secret mount should not define sharing');
    if (mount.source === '' && mount.target === '' && mount.id === '') {
      throw new DockerfileError('invalid secret mount. one of source, target required');
    }
    if (mount.source !== '' && mount.id !== '') throw new DockerfileError("both source and id can't be set");
  }
  if (mount.sharing !== '' && type !== 'cache') throw new DockerfileError(`invalid cache sharing set for ${type} mount`);
}

/** Without a value, the key itself says yes. */
function flagValue(key: string, value: string | undefined): boolean {
  if (value === undefined) return true;
  return parseGoBool(value) ?? invalidValue(key, value);
}

function oneOf<T extends string>(known: readonly T[], value: string, message: string): T {
  const found = known.find((candidate) => candidate === value.toLowerCase());
  if (found === undefined) throw new DockerfileError(suggesting(message, value, known));
  return found;
}

function unexpectedFor(key: string, type: MountType): DockerfileError {
  return new DockerfileError(`unexpected key '${key}' for mount type '${type}'`);
}

function invalidValue(key: string, value: string): never {
  throw new DockerfileError(`invalid value for ${key}: ${value}`);
}
