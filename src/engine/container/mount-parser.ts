/**
 * Reads `-v` and `--mount`, with Docker's words for what is wrong.
 * Source: moby volume/mounts/linux_parser.go, v28.2.2.
 */
import type { Mount as MountSpec } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import { cleanPath } from '../go-path.ts';
import type { Mount } from './mount.ts';

const propagations = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'];
const readWrite = ['rw', 'ro'];
const labels = ['z', 'Z'];
const copies = ['nocopy'];
const consistencies = ['consistent', 'cached', 'delegated'];

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

/** `name:/path:ro`, `/host:/path`, `/path`. @throws EngineError `invalid volume specification: '…'` */
export function parseBind(raw: string, volumeDriver = ''): Mount {
  const invalid = (why?: string): EngineError => bad(`invalid volume specification: '${raw}'${why === undefined ? '' : `: ${why}`}`);
  // Split at most into four, the last of which keeps the rest.
  const parts = raw.split(':');
  if (parts[0] === '' || parts.length > 3) throw invalid();
  const [first = '', second, mode = ''] = parts;
  const spec: MountSpec = {};
  if (second === undefined) spec.Target = first;
  else {
    if (parts.length === 2 && isMode(second)) throw invalid();
    spec.Source = first;
    spec.Target = second;
  }
  if (!isMode(mode)) throw bad(`invalid mode: ${mode}`);
  const options = mode.split(',');
  spec.Type = spec.Source?.startsWith('/') ? 'bind' : 'volume';
  if (options.includes('ro')) spec.ReadOnly = true;
  if (spec.Type === 'volume' && volumeDriver !== '') spec.VolumeOptions = { DriverConfig: { Name: volumeDriver } };
  if (options.includes('nocopy')) spec.VolumeOptions = { ...spec.VolumeOptions, NoCopy: true };
  const propagation = options.find((option) => propagations.includes(option));
  if (propagation !== undefined) spec.BindOptions = { Propagation: propagation };
  const problem = mountProblem(spec);
  if (problem !== undefined) throw invalid(problem);
  return { ...toMount(spec), mode, sourceMustExist: false };
}

export function parseMount(spec: MountSpec): Mount {
  const problem = mountProblem(spec);
  if (problem !== undefined) throw bad(problem);
  return toMount(spec);
}

/**
 * What is wrong with a `--mount`; undefined when nothing is.
 *
 * @param missing paths of the node that are not there
 */
export function mountProblem(spec: MountSpec, missing: ReadonlySet<string> = new Set()): string | undefined {
  const problem = problemOf(spec, missing);
  return problem === undefined ? undefined : `invalid mount config for type "${spec.Type ?? ''}": ${problem}`;
}

function problemOf(spec: MountSpec, missing: ReadonlySet<string>): string | undefined {
  const { Type: type, Source: source = '', Target: target = '' } = spec;
  if (target === '') return 'field Target must not be empty';
  const place = destinationProblem(target);
  if (place) return place;
  const extra = (fields: (keyof MountSpec)[]): string | undefined => {
    const field = fields.find((name) => spec[name] !== undefined);
    return field && `field ${field} must not be specified`;
  };
  switch (type) {
    case 'bind': {
      const propagation = spec.BindOptions?.Propagation;
      if (source === '') return 'field Source must not be empty';
      if (propagation && !propagations.includes(propagation)) return `invalid propagation mode: ${propagation}`;
      return (
        extra(['VolumeOptions', 'ImageOptions']) ??
        absoluteProblem(source) ??
        (missing.has(source) && !spec.BindOptions?.CreateMountpoint ? `bind source path does not exist: ${source}` : undefined)
      );
    }
    case 'volume': {
      const subpath = spec.VolumeOptions?.Subpath ?? '';
      const wrong = extra(['BindOptions', 'ImageOptions']);
      if (wrong) return wrong;
      if (subpath !== '' && source === '') return 'must not set Subpath when using anonymous volumes';
      if (subpath !== '' && !isLocal(subpath)) return 'subpath must be a relative path within the volume';
      return spec.ReadOnly && source === '' ? 'must not set ReadOnly mode when using anonymous volumes' : undefined;
    }
    case 'tmpfs':
      return extra(['BindOptions', 'ImageOptions']) ?? (source === '' ? tmpfsProblem(spec) : 'field Source must not be specified');
    case 'image': {
      const subpath = spec.ImageOptions?.Subpath ?? '';
      const wrong = extra(['BindOptions', 'VolumeOptions']);
      if (wrong) return wrong;
      if (source === '') return 'field Source must not be empty';
      return subpath !== '' && !isLocal(subpath) ? 'subpath must be a relative path within the volume' : undefined;
    }
    default:
      return 'mount type unknown';
  }
}

/** Why nothing can be mounted there; for `--tmpfs` as well. */
export function destinationProblem(path: string): string | undefined {
  return cleanPath(path) === '/' ? "invalid specification: destination can't be '/'" : absoluteProblem(path);
}

function absoluteProblem(path: string): string | undefined {
  return path.startsWith('/') ? undefined : `invalid mount path: '${path}' mount path must be absolute`;
}

function tmpfsProblem(spec: MountSpec): string | undefined {
  for (const option of spec.TmpfsOptions?.Options ?? []) {
    if (option.length < 1 || option.length > 2) return 'invalid option array length';
    if (option[0] !== 'exec' && option[0] !== 'noexec') return `invalid option: ${option[0] as string}`;
  }
  return undefined;
}

/** `mode=1770,size=1m`, as mount(8) takes it. */
export function tmpfsOptions(spec: MountSpec): string[] {
  const { Mode: mode, SizeBytes: size, Options: options = [] } = spec.TmpfsOptions ?? {};
  const given: string[] = [];
  if (spec.ReadOnly) given.push('ro');
  if (mode) given.push(`mode=${mode.toString(8)}`);
  if (size) {
    const [divisor, suffix] = (
      [
        [2 ** 30, 'g'],
        [2 ** 20, 'm'],
        [2 ** 10, 'k'],
      ] as const
    ).find(([unit]) => size % unit === 0) ?? [1, ''];
    given.push(`size=${size / divisor}${suffix}`);
  }
  return [...given, ...options.map((option) => option.join('='))];
}

function toMount(spec: MountSpec): Mount {
  const type = spec.Type as Mount['type'];
  return {
    type,
    name: type === 'volume' ? (spec.Source ?? '') : '',
    source: type === 'bind' ? cleanPath(spec.Source ?? '') : type === 'image' ? (spec.Source ?? '') : '',
    destination: cleanPath(spec.Target ?? ''),
    driver: type === 'volume' ? (spec.VolumeOptions?.DriverConfig?.Name ?? '') : '',
    mode: '',
    writable: !spec.ReadOnly,
    propagation: type === 'bind' ? spec.BindOptions?.Propagation || 'rprivate' : type === 'image' ? 'rprivate' : '',
    spec,
    sourceMustExist: type === 'bind' && !spec.BindOptions?.CreateMountpoint,
    copyData: type === 'volume' && !spec.VolumeOptions?.NoCopy,
  };
}

/** `container[:ro]`. */
export function parseVolumesFrom(spec: string): { container: string; readOnly: boolean } {
  if (spec === '') throw bad('volumes-from specification cannot be an empty string');
  const [container = '', mode = ''] = spec.split(/:(.*)/s);
  const options = mode.split(',');
  if (!isMode(mode) || options.some((option) => propagations.includes(option) || copies.includes(option)))
    throw bad(`invalid mode: ${mode}`);
  return { container, readOnly: options.includes('ro') };
}

/** One of each kind at most. */
function isMode(mode: string): boolean {
  if (mode === '') return true;
  const options = mode.split(',');
  const kinds = [readWrite, labels, propagations, copies, consistencies];
  return (
    options.every((option) => kinds.some((kind) => kind.includes(option))) &&
    kinds.every((kind) => options.filter((option) => kind.includes(option)).length <= 1)
  );
}

function isLocal(path: string): boolean {
  const clean = cleanPath(path);
  return path !== '' && !clean.startsWith('/') && clean !== '..' && !clean.startsWith('../');
}
