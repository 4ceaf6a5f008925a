/**
 * What `--mount` meant in older versions of the API: options that came later are left out, or refused where leaving them out
 * would be dangerous.
 * Source: moby api/server/router/container/container_routes.go, postContainersCreate, v28.2.2.
 */
import { EngineError } from '../../errors.ts';
import type { HostConfig, Mount } from '../types/container.ts';
import { atLeast } from '../version.ts';

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

const typedOptions = [
  ['VolumeOptions', 'volume'],
  ['BindOptions', 'bind'],
  ['TmpfsOptions', 'tmpfs'],
] as const;

/** @throws EngineError `invalid-parameter` */
export function mountsOfVersion(mounts: readonly Mount[], version: string): Mount[] {
  const since = (wanted: string): boolean => atLeast(version, wanted);
  return mounts.map((given) => {
    const mount: Mount = { ...given, ...(given.BindOptions && { BindOptions: { ...given.BindOptions } }) };
    if (!since('1.40')) delete mount.BindOptions?.NonRecursive;
    if (!since('1.42')) {
      delete mount.BindOptions?.CreateMountpoint;
      if (mount.Type !== 'volume') delete mount.VolumeOptions;
      if (mount.Type !== 'tmpfs') delete mount.TmpfsOptions;
    } else {
      for (const [field, type] of typedOptions) {
        if (mount[field] && mount.Type !== type)
          throw bad(`${field} must not be specified on mount type ${JSON.stringify(mount.Type ?? '')}`);
      }
    }
    if (!since('1.44') && mount.Type === 'bind' && mount.BindOptions?.ReadOnlyForceRecursive)
      throw bad('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
    if (!since('1.45') && mount.VolumeOptions?.Subpath) throw bad('VolumeOptions.Subpath needs API v1.45 or newer');
    if (!since('1.48') && mount.Type === 'image') throw bad('Mount type "Image" needs API v1.48 or newer');
    return mount;
  });
}

/** A warning when `--volume-driver` does not count for a `--mount`. */
export function ignoredVolumeDriver({
  VolumeDriver: driver,
  Mounts: mounts,
}: Partial<Pick<HostConfig, 'VolumeDriver' | 'Mounts'>>): string[] {
  if (!driver || !mounts?.some(({ Type, VolumeOptions }) => Type === 'volume' && !VolumeOptions?.DriverConfig?.Name)) return [];
  return [
    "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead",
  ];
}
