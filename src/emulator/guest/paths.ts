/** Where things lie inside a node, as on a Docker host wherever Docker has a place for them. */

/** The 9p tree that guest and host both write, in the guest's own files; a node has only its parts of it. */
export const shareMount = '/var/lib/drydock/share';

/** The 9p tree of image layers, and a layer in it. */
export const layersMount = '/var/lib/drydock/layers';
export const layerPath = (diffId: string): string => `${layersMount}/${diffId.replace(':', '-')}`;

export const dockerRoot = '/var/lib/docker';
export const overlayRoot = `${dockerRoot}/overlay2`;
export const overlayPaths = (name: string): { base: string; diff: string; work: string; merged: string } => {
  const base = `${overlayRoot}/${name}`;
  return { base, diff: `${base}/diff`, work: `${base}/work`, merged: `${base}/merged` };
};

/** Short names of layers, and one of them relative to `overlayRoot`. */
export const linksRoot = `${overlayRoot}/l`;
export const layerLink = (cacheId: string): string =>
  `l/${(cacheId.endsWith('-init') ? `I${cacheId.slice(0, 25)}` : cacheId.slice(0, 26)).toUpperCase()}`;

/** An OCI bundle: config.json, pid file, log of crun. */
export const bundlePath = (containerId: string): string => `/run/containerd/io.containerd.runtime.v2.task/moby/${containerId}`;
/** Where crun hands over a terminal. Short, because a socket's path has at most 107 bytes. */
export const consoleSocketPath = (id: string): string => `/run/crun-console/${id.slice(0, 64)}`;
export const crunRoot = '/run/crun';

export const netnsRoot = '/run/docker/netns';

/** A container's cgroup, below the node's root of the cgroup tree. */
export const cgroupPath = (cgroupsPath: string): string => `/sys/fs/cgroup${cgroupsPath}`;
