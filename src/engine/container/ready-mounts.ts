/**
 * Makes ready what is mounted into a container before it starts, and takes it away after its end: volumes that need a mount
 * of their own, the `/dev/shm` that others may join, and where subpaths and propagation lead at the moment.
 * Source: moby daemon/volumes_unix.go, setupMounts; daemon/container_operations_unix.go, setupIPCDirs; daemon/oci_linux.go, ensureShared.
 */
import { EngineError, messageOf } from '../errors.ts';
import { joinPath } from '../go-path.ts';
import { LayerIndexes } from '../image/root-files.ts';
import { type LaunchTree, treePath } from '../runtime/runtime.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { subpathInImage } from './image-subpath.ts';
import type { Mount } from './mount.ts';
import { aroundDockerRoot } from './mount-points.ts';

export interface ReadyMounts {
  /** Where a mount's content is, by destination: with its subpath, without links. */
  sources: ReadonlyMap<string, string>;
  /** Ways in which mounts spread, of those that do. */
  spreading: readonly string[];
  /** What is seen at /dev/shm; undefined: a tmpfs of its own. */
  shm: string | undefined;
}

/** Nothing looked up: for what is not about to start. */
export const plainMounts: ReadyMounts = { sources: new Map(), spreading: [], shm: undefined };

/** @throws EngineError in Docker's words; nothing is left mounted then */
export async function readyMounts(containers: Containers, container: Container): Promise<ReadyMounts> {
  const shm = await readyShm(containers, container);
  try {
    const sources = await mountVolumes(containers, container);
    try {
      return { sources, spreading: await spreadingOf(containers, container, sources), shm };
    } catch (error) {
      await unmountVolumes(containers, container);
      throw error;
    }
  } catch (error) {
    await releaseShm(containers, container);
    throw error;
  }
}

export async function releaseMounts(containers: Containers, container: Container): Promise<void> {
  await releaseShm(containers, container);
  await unmountVolumes(containers, container);
}

/** Whether its end has to wait for something to be unmounted. */
export function hasMountsToRelease({ hostConfig, mounts }: Container): boolean {
  return hostConfig.IpcMode === 'shareable' || mounts.some(({ type }) => type === 'volume');
}

type Mounted = Pick<Container, 'id' | 'hostConfig' | 'mounts'>;

/**
 * Mounts what its volumes show.
 *
 * @param options.quietly without events
 * @returns where each mount's content is, by destination
 */
export async function mountVolumes(containers: Containers, container: Mounted, { quietly = false } = {}): Promise<Map<string, string>> {
  const { volumes, events } = containers.ports;
  const sources = new Map<string, string>();
  const mounted: Mount[] = [];
  try {
    for (const mount of container.mounts) {
      if (isHidden(container, mount)) continue;
      checkReadOnly(mount);
      if (mount.type === 'image') sources.set(mount.destination, imageSource(containers, mount));
      if (mount.type !== 'volume') continue;
      const record = volumes.get(mount.name);
      await explained(mount, () => volumes.mounts.mount(record));
      mounted.push(mount);
      sources.set(mount.destination, await volumeSource(containers, mount));
      if (quietly || isOwnFile(mount)) continue;
      events.log('volume', 'mount', mount.name, {
        driver: mount.driver,
        container: container.id,
        destination: mount.destination,
        'read/write': String(mount.writable),
        propagation: mount.propagation,
      });
    }
    return sources;
  } catch (error) {
    for (const mount of mounted) await volumes.mounts.unmount(volumes.get(mount.name));
    if (!quietly) logUnmounts(containers, container);
    throw error;
  }
}

export async function unmountVolumes(containers: Containers, container: Mounted, { quietly = false } = {}): Promise<void> {
  const { volumes } = containers.ports;
  for (const mount of container.mounts) {
    const record = mount.type === 'volume' && !isHidden(container, mount) ? volumes.find(mount.name) : undefined;
    if (record) await volumes.mounts.unmount(record);
  }
  if (!quietly) logUnmounts(containers, container);
}

/** The trees that its image mounts show. */
export function imageTrees(containers: Containers, { mounts }: Container): LaunchTree[] {
  return mounts.flatMap(({ image }) => {
    if (!image) return [];
    const layers = containers.ports.images.layers.chain(image.topLayer) ?? [];
    return [{ name: image.tree, lower: layers.map(({ diffId, cacheId }) => ({ diffId, cacheId })).reverse() }];
  });
}

/** Where others find its /dev/shm while it runs; undefined when it is not for others. */
function sharedShm(containers: Containers, { id, hostConfig, mounts }: Container): string | undefined {
  const { IpcMode: mode, Tmpfs: tmpfs } = hostConfig;
  if (mode === 'host') return '/dev/shm';
  const donor = /^container:(.+)$/.exec(mode)?.[1];
  if (donor !== undefined) {
    const other = containers.find(donor);
    return other && sharedShm(containers, other);
  }
  const ownMount = mounts.some(({ destination }) => destination === '/dev/shm') || tmpfs?.['/dev/shm'] !== undefined;
  return mode === 'shareable' && !ownMount ? `/var/lib/docker/containers/${id}/mounts/shm` : undefined;
}

/** Flags of mount(2): noexec, nosuid, nodev. */
const SHM_FLAGS = 8 | 2 | 4;

async function readyShm(containers: Containers, container: Container): Promise<string | undefined> {
  const { IpcMode: mode, ShmSize: size } = container.hostConfig;
  const donor = /^container:(.+)$/.exec(mode)?.[1];
  if (donor !== undefined) checkDonor(containers, donor);
  const path = sharedShm(containers, container);
  if (mode !== 'shareable' || path === undefined) return path;
  const { runtime } = containers.ports;
  await runtime.unmountInNode(path);
  try {
    await runtime.mountInNode({ source: 'shm', target: path, type: 'tmpfs', flags: SHM_FLAGS, data: `mode=1777,size=${size}` });
  } catch (error) {
    throw new EngineError('system', `mounting shm tmpfs: ${messageOf(error)}`, { cause: error });
  }
  return path;
}

/** Only its own: what others have of it stays theirs. */
export async function releaseShm(containers: Containers, container: Container): Promise<void> {
  if (container.hostConfig.IpcMode !== 'shareable') return;
  const path = sharedShm(containers, container);
  if (path !== undefined) await containers.ports.runtime.unmountInNode(path);
}

/** @throws EngineError when the container whose IPC namespace is to be joined does not run, or keeps it for itself */
function checkDonor(containers: Containers, id: string): void {
  const refuse = (kind: EngineError['kind'], why: string): EngineError => new EngineError(kind, `failed to join IPC namespace: ${why}`);
  const donor = containers.find(id);
  if (!donor) throw refuse('invalid-parameter', `No such container: ${id}`);
  const { status } = donor.state;
  if (status === 'restarting') throw refuse('conflict', `Container ${id} is restarting, wait until the container is running`);
  if (status !== 'running' && status !== 'paused') throw refuse('conflict', `container ${id} is not running`);
  if (sharedShm(containers, donor) === undefined)
    throw refuse('invalid-parameter', `container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
}

function checkReadOnly({ type, spec }: Mount): void {
  const { ReadOnlyNonRecursive: top, ReadOnlyForceRecursive: all } = spec.BindOptions ?? {};
  if (type !== 'bind' || (!top && !all)) return;
  const conflict = (what: string): EngineError => new EngineError('system', `mount options conflict: ${what}`);
  if (!spec.ReadOnly) throw conflict(`!ReadOnly && BindOptions.${top ? 'ReadOnlyNonRecursive' : 'ReadOnlyForceRecursive'}`);
  if (top && all) throw conflict('ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive');
}

/** A tmpfs lies over it, so that it is not mounted at all. */
function isHidden({ hostConfig }: Mounted, { destination }: Mount): boolean {
  return hostConfig.Tmpfs?.[destination] !== undefined;
}

/** Takes the place of one of the files that Docker keeps for a container. */
function isOwnFile({ destination }: Mount): boolean {
  return ['/etc/resolv.conf', '/etc/hostname', '/etc/hosts'].includes(destination);
}

function logUnmounts(containers: Containers, { id, mounts }: Mounted): void {
  for (const { type, name, driver } of mounts)
    if (type === 'volume') containers.ports.events.log('volume', 'unmount', name, { driver, container: id });
}

async function explained(mount: Mount, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, `error while mounting volume '${mount.source}': ${error.message}`, { cause: error });
  }
}

/** A subpath must not lead out of the volume by a link. */
async function volumeSource(containers: Containers, { source, spec }: Mount): Promise<string> {
  const subpath = spec.VolumeOptions?.Subpath ?? '';
  if (subpath === '') return source;
  const whole = joinPath(source, subpath);
  const found = await containers.ports.runtime.findInNode(whole);
  if (!found) throw new EngineError('not-found', `cannot access path ${whole}: lstat ${whole}: no such file or directory`);
  if (found.path !== source && !found.path.startsWith(`${source}/`)) throw escapes(source, subpath);
  return found.path;
}

function imageSource(containers: Containers, { source, spec, image }: Mount): string {
  const subpath = spec.ImageOptions?.Subpath ?? '';
  if (subpath === '' || !image) return source;
  const layers = containers.ports.images.layers.chain(image.topLayer) ?? [];
  const files = new LayerIndexes(containers.ports.layerTrees).root(layers.map(({ diffId }) => diffId));
  const found = subpathInImage(files, subpath);
  const whole = joinPath(treePath(image.tree), subpath);
  if (found === 'escapes') throw escapes(source, subpath);
  if (found === 'missing') throw new EngineError('not-found', `cannot access path ${whole}: lstat ${whole}: no such file or directory`);
  return joinPath(source, found.path);
}

function escapes(base: string, subpath: string): EngineError {
  return new EngineError('invalid-parameter', `path concatenation escapes the base directory, base: ${base}, subpath: ${subpath}`);
}

/** What spreads has to come from a mount that spreads. */
async function spreadingOf(containers: Containers, { mounts }: Container, sources: ReadonlyMap<string, string>): Promise<string[]> {
  const ways: string[] = [];
  const spreading = mounts.filter(({ propagation }) => /^r?(?:shared|slave)$/.test(propagation));
  if (spreading.length === 0) return ways;
  const { runtime } = containers.ports;
  // What is missing is made at the start, on the mount that its parents are on.
  const mounted = await runtime.nodeMounts();
  for (const { destination, source: written, propagation, spec } of spreading) {
    const source = sources.get(destination) ?? written;
    const place = (await runtime.findInNode(source))?.path ?? source;
    const around = mounted
      .filter(({ path }) => path === '/' || place === path || place.startsWith(`${path}/`))
      .reduce((longest, mount) => (mount.path.length >= longest.path.length ? mount : longest), { path: '/', shared: false, slave: false });
    const isShared = propagation.endsWith('shared');
    if (around.shared || (!isShared && around.slave)) ways.push(propagation);
    else if (!isShared && aroundDockerRoot(source) && !spec.BindOptions?.Propagation) continue;
    else
      throw new EngineError(
        'system',
        `path ${source} is mounted on ${around.path} but it is not a ${isShared ? 'shared' : 'shared or slave'} mount`,
      );
  }
  return ways;
}
