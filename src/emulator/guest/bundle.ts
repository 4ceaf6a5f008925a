/**
 * The operations that put a container's bundle in place and take it away: overlay mount,
 * config.json. Pure: it only makes lists of operations.
 */
import { type Launch, type LaunchTree, type Rootfs, treePath } from '#engine/runtime/runtime.ts';
import { chdir, MNT_DETACH, mayFail, mkdir, mount, type Op, rmtree, symlink, umount, unlink, writeFile } from '#emulator/agent/ops.ts';
import { bundlePath, cgroupPath, crunRoot, layerLink, layerPath, linksRoot, overlayPaths, overlayRoot } from './paths.ts';

/** Mounts image layers below a writable one. */
export function mountRootfs(rootfs: Rootfs): Op[] {
  if (rootfs.driver === 'vfs') return [];
  const { base, diff, work, merged } = overlayPaths(rootfs.name);
  const ops: Op[] = [mkdir(base, 0o710), mkdir(diff, 0o755), mkdir(work, 0o700), mkdir(merged, 0o755)];
  if (rootfs.lower.length > 0) ops.push(mkdir(linksRoot, 0o710));
  for (const layer of rootfs.lower) {
    const path = overlayPaths(layer.cacheId);
    ops.push(mkdir(path.base, 0o710), mayFail(symlink(layerPath(layer.diffId), path.diff)));
    ops.push(mayFail(symlink(`../${layer.cacheId}/diff`, `${overlayRoot}/${layerLink(layer.cacheId)}`)));
  }
  // The kernel takes a page of options: the layers of a deep image fit in it by short names only, as in Docker.
  const lower = rootfs.lower.map((layer) => layerLink(layer.cacheId));
  // overlayfs wants a lower directory even for an image without layers, and none that it knows already.
  if (lower.length === 0) ops.push(mkdir(`${base}/lower`, 0o755));
  const options = [`lowerdir=${lower.join(':') || `${rootfs.name}/lower`}`, `upperdir=${rootfs.name}/diff`, `workdir=${rootfs.name}/work`];
  return [...ops, chdir(overlayRoot), mount('overlay', merged, 'overlay', 0, options.join(','))];
}

/** Takes away where a layer is mounted from: not its files, which are elsewhere. */
export function removeLayer(cacheId: string): Op[] {
  return [rmtree(overlayPaths(cacheId).base), mayFail(unlink(`${overlayRoot}/${layerLink(cacheId)}`))];
}

/** Takes a tree away with its writable directory. */
export function removeTree({ name, keep }: LaunchTree): Op[] {
  return [mayFail(unmountRootfs(name)), ...(keep ? [] : [mayFail(rmtree(overlayPaths(name).base))])];
}

export function unmountRootfs(rootfsName: string): Op {
  return umount(overlayPaths(rootfsName).merged, MNT_DETACH);
}

/** Writes the OCI bundle: config.json with the namespace's path filled in. */
export function writeBundle(launch: Launch, networkNamespace: string | undefined): Op[] {
  const config = structuredClone(launch.config);
  config.root.path = treePath(launch.rootfs.name, launch.rootfs.driver);
  const network = config.linux.namespaces.find((namespace) => namespace.type === 'network');
  if (network && networkNamespace) network.path = networkNamespace;
  config.linux.cgroupsPath = cgroupsPathOf(launch);
  const bundle = bundlePath(launch.containerId);
  return [mkdir(bundle, 0o700), writeFile(`${bundle}/config.json`, 0o600, JSON.stringify(config))];
}

/** What is left of a container when its last process is gone, except its writable layer and its cgroup. */
export function removeBundle(containerId: string): Op[] {
  return [mayFail(rmtree(`${crunRoot}/${containerId}`)), mayFail(rmtree(bundlePath(containerId)))];
}

export function cgroupOf(launch: Launch): string {
  return cgroupPath(cgroupsPathOf(launch));
}

/** Docker's place for a container unless the engine chose another. */
function cgroupsPathOf(launch: Launch): string {
  return launch.config.linux.cgroupsPath ?? `/docker/${launch.containerId}`;
}
