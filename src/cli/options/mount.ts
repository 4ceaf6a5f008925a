/**
 * `--mount type=bind,source=/a,target=/b,readonly`: one mount in the API's shape. Whether a type exists
 * is for the daemon to say.
 */
import { parseBool, parseUnsigned } from '../units/number.ts';
import { parseRamSize } from '../units/size.ts';
import { csvFields } from './csv.ts';
import { cleanPath } from './device.ts';

/** As in the API's HostConfig.Mounts; keys that were not given are absent. */
export interface MountOption {
  Type: string;
  Source?: string;
  Target?: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: {
    Propagation?: string;
    NonRecursive?: boolean;
    ReadOnlyNonRecursive?: boolean;
    ReadOnlyForceRecursive?: boolean;
  };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Record<string, string>;
    DriverConfig: { Name?: string; Options?: Record<string, string> };
    Subpath?: string;
  };
  ImageOptions?: { Subpath?: string };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

/** @param cwd what a source beginning with `./` is relative to */
export function parseMount(text: string, cwd: string): MountOption {
  const mount: MountOption = { Type: 'volume' };
  for (const field of csvFields(text)) {
    const equals = field.indexOf('=');
    if (equals < 0) setBare(mount, field);
    else setField(mount, field, field.slice(0, equals).toLowerCase(), field.slice(equals + 1), cwd);
  }
  check(mount);
  return mount;
}

function setBare(mount: MountOption, field: string): void {
  switch (field.toLowerCase()) {
    case 'readonly':
    case 'ro':
      mount.ReadOnly = true;
      return;
    case 'volume-nocopy':
      volume(mount).NoCopy = true;
      return;
    case 'bind-nonrecursive':
      bind(mount).NonRecursive = true;
      return;
    default:
      throw new Error(`invalid field '${field}' must be a key=value pair`);
  }
}

function setField(mount: MountOption, field: string, key: string, value: string, cwd: string): void {
  switch (key) {
    case 'type':
      mount.Type = value.toLowerCase();
      return;
    case 'source':
    case 'src':
      mount.Source = value.startsWith('.') ? cleanPath(`${cwd}/${value}`) : value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      mount.Target = value;
      return;
    case 'readonly':
    case 'ro':
      if (checked(key, value, parseBool)) mount.ReadOnly = true;
      else delete mount.ReadOnly;
      return;
    case 'consistency':
      mount.Consistency = value.toLowerCase();
      return;
    case 'bind-propagation':
      bind(mount).Propagation = value.toLowerCase();
      return;
    case 'bind-nonrecursive':
      bind(mount).NonRecursive = checked(key, value, parseBool);
      return;
    case 'bind-recursive':
      return setRecursive(mount, value);
    case 'volume-subpath':
      volume(mount).Subpath = value;
      return;
    case 'volume-nocopy':
      volume(mount).NoCopy = checked(key, value, parseBool);
      return;
    case 'volume-label':
      return addPair((volume(mount).Labels ??= {}), value);
    case 'volume-driver':
      volume(mount).DriverConfig.Name = value;
      return;
    case 'volume-opt':
      return addPair((volume(mount).DriverConfig.Options ??= {}), value);
    case 'image-subpath':
      (mount.ImageOptions ??= {}).Subpath = value;
      return;
    case 'tmpfs-size':
      (mount.TmpfsOptions ??= {}).SizeBytes = checked(key, value, parseRamSize);
      return;
    case 'tmpfs-mode':
      (mount.TmpfsOptions ??= {}).Mode = checked(key, value, (digits) => Number(parseUnsigned(digits, 8, 32)));
      return;
    default:
      throw new Error(`unexpected key '${key}' in '${field}'`);
  }
}

function setRecursive(mount: MountOption, value: string): void {
  switch (value) {
    case 'enabled':
      return;
    case 'disabled':
      bind(mount).NonRecursive = true;
      return;
    case 'writable':
      bind(mount).ReadOnlyNonRecursive = true;
      return;
    case 'readonly':
      bind(mount).ReadOnlyForceRecursive = true;
      return;
    default:
      throw new Error(`invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
  }
}

function check(mount: MountOption): void {
  if (mount.Type === '') throw new Error('type is required');
  if (!mount.Target) throw new Error('target is required');
  const mixed = (
    [
      ['volume', mount.VolumeOptions],
      ['bind', mount.BindOptions],
      ['image', mount.ImageOptions],
      ['tmpfs', mount.TmpfsOptions],
    ] as const
  ).find(([type, options]) => options !== undefined && mount.Type !== type);
  if (mixed) throw new Error(`cannot mix '${mixed[0]}-*' options with mount type '${mount.Type}'`);
  const { ReadOnlyNonRecursive, ReadOnlyForceRecursive, Propagation } = mount.BindOptions ?? {};
  if (ReadOnlyNonRecursive && !mount.ReadOnly) {
    throw new Error("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
  }
  if (ReadOnlyForceRecursive && !mount.ReadOnly) {
    throw new Error("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
  }
  if (ReadOnlyForceRecursive && Propagation !== 'rprivate') {
    throw new Error("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
  }
}

function bind(mount: MountOption): NonNullable<MountOption['BindOptions']> {
  return (mount.BindOptions ??= {});
}

function volume(mount: MountOption): NonNullable<MountOption['VolumeOptions']> {
  return (mount.VolumeOptions ??= { DriverConfig: {} });
}

function addPair(target: Record<string, string>, pair: string): void {
  const equals = pair.indexOf('=');
  const key = equals < 0 ? pair : pair.slice(0, equals);
  if (key !== '') target[key] = equals < 0 ? '' : pair.slice(equals + 1);
}

function checked<T>(key: string, value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch {
    throw new Error(`invalid value for ${key}: ${value}`);
  }
}
