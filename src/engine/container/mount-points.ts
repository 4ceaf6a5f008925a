/**
 * Decides what is mounted where in a new container: volumes of other containers first, then `-v`, then `--mount`,
 * then the image's own volumes where nothing else is. Makes the volumes that are missing.
 * Source: moby daemon/volumes.go, registerMountPoints; daemon/create_unix.go.
 */
import type { ContainerConfig, HostConfig } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import { cleanPath } from '../go-path.ts';
import type { Volumes } from '../volume/volumes.ts';
import { mountpointOf } from '../volume/volumes.ts';
import type { Container } from './container.ts';
import type { Mount } from './mount.ts';
import { parseBind, parseMount, parseVolumesFrom } from './mount-parser.ts';

const dockerRoot = '/var/lib/docker';

interface Request {
  containerId: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  /** Finds the containers of `--volumes-from`. */
  resolve: (name: string) => Container;
}

/** @returns mounts in a stable order */
export function mountPoints(volumes: Volumes, { containerId, config, hostConfig, resolve }: Request): Mount[] {
  const points = new Map<string, Mount>();
  const place = (mount: Mount): void => {
    const before = points.get(mount.destination);
    points.set(mount.destination, mount);
    // It may be in another place as well, or come again.
    if (before?.type === 'volume' && ![...points.values()].some((other) => other.name === before.name))
      volumes.release(before.name, containerId);
  };
  try {
    for (const spec of hostConfig.VolumesFrom ?? []) {
      const { container, readOnly } = parseVolumesFrom(spec);
      for (const mount of resolve(container).mounts) {
        if (mount.type === 'volume') volumes.use(mount.name, containerId);
        place({ ...mount, mode: '', writable: mount.writable && !readOnly });
      }
    }
    const asked = new Set<string>();
    const takePlace = (destination: string, shown: string): void => {
      if (asked.has(destination)) throw new EngineError('invalid-parameter', `Duplicate mount point: ${shown}`);
      asked.add(destination);
    };
    for (const raw of hostConfig.Binds ?? []) {
      const mount = parseBind(raw, hostConfig.VolumeDriver);
      checkDockerRoot(mount);
      if (hostConfig.Tmpfs?.[mount.destination] !== undefined)
        throw new EngineError('invalid-parameter', `Duplicate mount point: ${mount.destination}`);
      takePlace(mount.destination, mount.destination);
      place(withVolume(volumes, mount, containerId));
    }
    for (const spec of hostConfig.Mounts ?? []) {
      const mount = parseMount(spec);
      checkDockerRoot(mount);
      takePlace(mount.destination, spec.Target ?? '');
      place(withVolume(volumes, mount, containerId));
    }
    for (const path of Object.keys(config.Volumes ?? {})) {
      const destination = cleanPath(path);
      if (points.has(destination)) continue;
      place({ ...withVolume(volumes, anonymous(destination), containerId), mode: '' });
    }
  } catch (error) {
    releaseVolumes(volumes, [...points.values()], containerId, true);
    throw error;
  }
  return [...points.values()];
}

/** The container no longer uses its volumes. @param remove those that nobody named as well */
export function releaseVolumes(volumes: Volumes, mounts: Mount[], containerId: string, remove = false): void {
  for (const mount of mounts) {
    if (mount.type !== 'volume') continue;
    volumes.release(mount.name, containerId);
    if (remove && !mount.spec.Source && !volumes.inUse(mount.name)) volumes.remove(mount.name);
  }
}

function anonymous(destination: string): Mount {
  const spec = { Type: 'volume', Target: destination };
  return {
    type: 'volume',
    name: '',
    source: '',
    destination,
    driver: '',
    mode: '',
    writable: true,
    propagation: '',
    spec,
    sourceMustExist: false,
  };
}

function withVolume(volumes: Volumes, mount: Mount, containerId: string): Mount {
  if (mount.type !== 'volume') return mount;
  const { VolumeOptions: options } = mount.spec;
  const record = volumes.create(
    { name: mount.name, driver: mount.driver, labels: options?.Labels ?? null, options: options?.DriverConfig?.Options ?? null },
    containerId,
  );
  const subpath = options?.Subpath ? `/${cleanPath(options.Subpath)}` : '';
  return {
    ...mount,
    name: record.name,
    driver: 'local',
    source: mountpointOf(record.name) + subpath,
    mode: mount.mode === '' ? 'z' : mount.mode,
  };
}

/** Mounts in or around /var/lib/docker must not hold on to other containers' mounts. */
function checkDockerRoot(mount: Mount): void {
  if (mount.type !== 'bind' || (!mount.source.startsWith(dockerRoot) && !dockerRoot.startsWith(mount.source))) return;
  const propagation = mount.spec.BindOptions?.Propagation ?? '';
  if (propagation === '') mount.propagation = 'rslave';
  else if (propagation !== 'rslave' && propagation !== 'rshared') {
    throw new EngineError(
      'invalid-parameter',
      `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "${dockerRoot}", bind mount source: "${mount.source}", propagation: "${propagation}"`,
    );
  }
}
