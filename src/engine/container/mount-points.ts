/**
 * Decides what is mounted where in a new container: volumes of other containers first, then `-v`, then `--mount`,
 * then the image's own volumes where nothing else is. Makes the volumes that are missing.
 * Source: moby daemon/volumes.go, registerMountPoints; daemon/create_unix.go.
 */
import type { ContainerConfig, HostConfig, Mount as MountSpec } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import { cleanPath } from '../go-path.ts';
import { quote } from '../go-quote.ts';
import type { Image } from '../image/image-store.ts';
import { treePath } from '../runtime/runtime.ts';
import type { Volumes } from '../volume/volumes.ts';
import { mountpointOf } from '../volume/volume-mounts.ts';
import type { Container } from './container.ts';
import type { Mount } from './mount.ts';
import { parseBind, parseMount, parseVolumesFrom } from './mount-parser.ts';

const dockerRoot = '/var/lib/docker';

export interface MountRequest {
  containerId: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  /** What is read-only is so at its top alone, as clients before API 1.44 expect. */
  readOnlyNonRecursive: boolean;
  /** Finds the containers of `--volumes-from`. */
  container: (name: string) => Container;
  /** Finds the images of `type=image`. */
  image: (name: string) => Image;
  /** A name that no directory under overlay2/ has. */
  newTree: () => string;
}

/** @returns mounts in a stable order */
export function mountPoints(volumes: Volumes, request: MountRequest): Mount[] {
  const { containerId, config, hostConfig } = request;
  const points = new Map<string, Mount>();
  const place = (mount: Mount): void => {
    const before = points.get(mount.destination);
    points.set(mount.destination, mount);
    // It may be in another place as well, or come again.
    if (before?.type === 'volume' && ![...points.values()].some((other) => other.name === before.name))
      volumes.release(before.name, containerId);
  };
  try {
    for (const spec of hostConfig.VolumesFrom ?? [])
      for (const mount of mountsFrom(request, spec)) place(shared(volumes, mount, containerId));
    const asked = new Set<string>();
    const takePlace = (destination: string, shown: string): void => {
      if (asked.has(destination)) throw duplicate(shown);
      asked.add(destination);
    };
    for (const raw of hostConfig.Binds ?? []) {
      const mount = checked(parseBind(raw, hostConfig.VolumeDriver), request);
      if (hostConfig.Tmpfs?.[mount.destination] !== undefined) throw duplicate(mount.destination);
      takePlace(mount.destination, mount.destination);
      place(withVolume(volumes, mount, containerId));
    }
    for (const spec of hostConfig.Mounts ?? []) {
      const mount = checked(parseMount(spec), request);
      takePlace(mount.destination, spec.Target ?? '');
      place(mount.type === 'image' ? withImage(mount, request) : withVolume(volumes, mount, containerId));
    }
    for (const path of Object.keys(config.Volumes ?? {})) {
      const destination = cleanPath(path);
      if (points.has(destination) || hostConfig.Tmpfs?.[destination] !== undefined) continue;
      place({ ...withVolume(volumes, anonymous(destination, hostConfig.VolumeDriver), containerId), mode: '' });
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
    if (remove && !mount.spec.Source && !volumes.inUse(mount.name) && volumes.find(mount.name)) volumes.remove(mount.name);
  }
}

function duplicate(destination: string): EngineError {
  return new EngineError('invalid-parameter', `Duplicate mount point: ${destination}`);
}

function mountsFrom({ container: find }: MountRequest, spec: string): Mount[] {
  const { container, readOnly } = parseVolumesFrom(spec);
  try {
    return find(container).mounts.map((mount) => ({ ...mount, mode: '', writable: mount.writable && !readOnly, copyData: false }));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError('invalid-parameter', error.message, { cause: error });
  }
}

function shared(volumes: Volumes, mount: Mount, containerId: string): Mount {
  if (mount.type === 'volume') {
    // It may have been removed by force of hand.
    volumes.get(mount.name);
    volumes.use(mount.name, containerId);
  }
  return mount;
}

function anonymous(destination: string, driver: string): Mount {
  const spec = { Type: 'volume', Target: destination };
  return {
    type: 'volume',
    name: '',
    source: '',
    destination,
    driver,
    mode: '',
    writable: true,
    propagation: '',
    spec,
    sourceMustExist: false,
    copyData: true,
  };
}

function withVolume(volumes: Volumes, mount: Mount, containerId: string): Mount {
  if (mount.type !== 'volume') return mount;
  const { VolumeOptions: options } = mount.spec;
  const record = volumes.create(
    { name: mount.name, driver: mount.driver, labels: options?.Labels ?? null, options: options?.DriverConfig?.Options ?? null },
    containerId,
  );
  return {
    ...mount,
    name: record.name,
    driver: 'local',
    source: mountpointOf(record.name),
    mode: mount.mode === '' ? 'z' : mount.mode,
  };
}

function withImage(mount: Mount, { image: find, newTree }: MountRequest): Mount {
  const image = find(mount.source);
  const tree = newTree();
  return {
    ...mount,
    name: mount.source,
    source: treePath(tree),
    writable: false,
    spec: { ...mount.spec, Source: image.id },
    image: { id: image.id, tree, topLayer: image.layers.at(-1)?.chainId },
  };
}

function checked(mount: Mount, { readOnlyNonRecursive }: MountRequest): Mount {
  checkDockerRoot(mount);
  if (mount.type === 'bind' && !mount.writable && readOnlyNonRecursive) {
    const spec: MountSpec = { ...mount.spec, BindOptions: { ...mount.spec.BindOptions, ReadOnlyNonRecursive: true } };
    return { ...mount, spec };
  }
  return mount;
}

/** Whether a path is in the engine's own directory or has it below. */
export function aroundDockerRoot(source: string): boolean {
  return source.startsWith(dockerRoot) || dockerRoot.startsWith(source);
}

/** Mounts in or around /var/lib/docker must not hold on to other containers' mounts. */
function checkDockerRoot(mount: Mount): void {
  if (mount.type !== 'bind') return;
  const source = mount.spec.Source ?? '';
  if (!aroundDockerRoot(source)) return;
  const propagation = mount.spec.BindOptions?.Propagation ?? '';
  if (propagation === '') mount.propagation = 'rslave';
  else if (propagation !== 'rslave' && propagation !== 'rshared') {
    throw new EngineError(
      'invalid-parameter',
      `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: ${quote(dockerRoot)}, bind mount source: ${quote(source)}, propagation: ${quote(propagation)}`,
    );
  }
}
