/**
 * RUN: a container of the stage so far, which nobody but the build sees. What it has written becomes the next layer.
 * Source: BuildKit executor/runcexecutor; Dockerfile reference, RUN --mount.
 */
import { emptyEndpointSettings } from '../api/types/network.ts';
import type { Cancellation } from '../cancellation.ts';
import { completeConfig, completeHostConfig } from '../container/config-document.ts';
import { connectNetworks, releaseNetworks } from '../container/connect.ts';
import { makeContainer, type Container } from '../container/container.ts';
import type { Containers } from '../container/containers.ts';
import { plainMounts } from '../container/ready-mounts.ts';
import { removeRecords } from '../container/records.ts';
import { launchOf } from '../container/start.ts';
import type { Mount } from '../container/mount.ts';
import { EngineError } from '../errors.ts';
import { hex, newId } from '../id.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { splitPath, type RootFiles } from '../image/root-files.ts';
import { type OutputChunk, type Rootfs, StartError } from '../runtime/runtime.ts';
import type { HostConfig } from '../api/types/container.ts';
import type { Ulimit } from '../api/types/container.ts';

/** What the whole build says about its containers. */
export interface RunSettings {
  networkMode: string;
  extraHosts: readonly string[];
  shmBytes: number;
  ulimits: readonly Ulimit[];
  memoryBytes?: number;
  cpuShares?: number;
  cpuQuota?: number;
  cpuPeriod?: number;
  cgroupParent?: string;
}

export interface RunStep {
  /** ChainID of the stage so far; undefined for an empty one. */
  top: string | undefined;
  /** The same as files. */
  files: RootFiles;
  args: readonly string[];
  env: readonly string[];
  user: string;
  workdir: string;
  network: 'default' | 'none' | 'host';
  privileged: boolean;
  mounts: readonly RunMount[];
  settings: RunSettings;
  onOutput: (chunk: OutputChunk) => Promise<void> | void;
  cancellation: Cancellation;
}

export type RunMount =
  /** A directory or file of the node. */
  | { kind: 'bind'; source: string; target: string; readOnly: boolean }
  /** Files of layers; what is written to them is thrown away. */
  | { kind: 'tree'; lower: Rootfs['lower']; path: string; target: string; readOnly: boolean }
  | { kind: 'tmpfs'; target: string; sizeBytes: number };

export interface RanStep {
  exitCode: number;
  oomKilled: boolean;
  /** What it has written, in overlay's terms. */
  entries: LayerEntry[];
}

const hostname = 'buildkitsandbox';

/** @throws EngineError when its process cannot be started, or it was cancelled */
export async function runStep(containers: Containers, step: RunStep): Promise<RanStep> {
  const { runtime, storage } = containers.ports;
  const trees = step.mounts.flatMap((mount) => (mount.kind === 'tree' ? [{ ...mount, name: hex(containers.ports.random.bytes(32)) }] : []));
  const container = containerOf(containers, step, trees);
  const { cancellation } = step;
  cancellation.check();
  try {
    const launch = launchOf(containers, container, await connectNetworks(containers, container, { silent: true }), plainMounts);
    const process = await runtime.start({
      ...launch,
      ...(trees.length > 0 && { trees: trees.map(({ lower, name }) => ({ lower, name })) }),
    });
    const stopListening = cancellation.onCancel(() => void process.kill());
    try {
      void process.closeInput().catch(() => undefined);
      for await (const chunk of process.output) await step.onOutput(chunk);
      const { code, oomKilled } = await process.exit;
      cancellation.check();
      const entries = code === 0 ? withoutMountPoints(await runtime.writableEntries(container.id), step) : [];
      return { exitCode: code, oomKilled, entries };
    } catch (error) {
      await process.kill().catch(() => undefined);
      throw error;
    } finally {
      stopListening();
    }
  } catch (error) {
    if (error instanceof StartError) throw new EngineError('invalid-parameter', startMessage(error), { cause: error });
    throw error;
  } finally {
    try {
      await releaseNetworks(containers, container, { silent: true });
      removeRecords(storage, container.id, containers.ports.images.ports.driver);
    } finally {
      await runtime.removeWritable(container.id);
    }
  }
}

function startMessage({ message }: StartError): string {
  return `runc run failed: ${message}`;
}

function containerOf(
  containers: Containers,
  step: RunStep,
  trees: { name: string; path: string; target: string; readOnly: boolean }[],
): Container {
  const { random, clock } = containers.ports;
  const { settings } = step;
  const network = step.network === 'default' ? settings.networkMode || 'bridge' : step.network;
  const hostConfig: HostConfig = {
    ...completeHostConfig({
      NetworkMode: network === 'default' ? 'bridge' : network,
      ExtraHosts: [...settings.extraHosts],
      ShmSize: settings.shmBytes || 64 << 20,
      Ulimits: [...settings.ulimits],
      Memory: settings.memoryBytes ?? 0,
      CpuShares: settings.cpuShares ?? 0,
      CpuQuota: settings.cpuQuota ?? 0,
      CpuPeriod: settings.cpuPeriod ?? 0,
      CgroupParent: settings.cgroupParent ?? '',
      IpcMode: 'private',
      CgroupnsMode: containers.ports.config.defaultCgroupnsMode,
      Privileged: step.privileged,
    }),
  };
  const [path = '', ...args] = step.args;
  const mode = hostConfig.NetworkMode;
  return makeContainer({
    id: newId(random),
    name: hostname,
    createdMs: clock.now(),
    path,
    args,
    config: completeConfig({ Hostname: hostname, User: step.user, Env: [...step.env], WorkingDir: step.workdir, OpenStdin: false }),
    hostConfig,
    imageId: '',
    os: 'linux',
    architecture: '386',
    topLayer: step.top,
    layerName: hex(random.bytes(32)),
    mounts: [...step.mounts.flatMap(nodeMount), ...trees.map(treeMount)],
    networks: mode.startsWith('container:')
      ? new Map()
      : new Map([[mode, { settings: emptyEndpointSettings(), desiredMac: '', interfaceName: '' }]]),
  });
}

function mountAt(target: string, given: Partial<Mount>): Mount {
  return {
    type: 'bind',
    name: '',
    source: '',
    destination: target,
    driver: '',
    mode: '',
    writable: true,
    propagation: 'rprivate',
    spec: { Type: 'bind', Target: target },
    sourceMustExist: true,
    copyData: false,
    ...given,
  };
}

function nodeMount(mount: RunMount): Mount[] {
  if (mount.kind === 'bind') return [mountAt(mount.target, { source: mount.source, writable: !mount.readOnly })];
  if (mount.kind === 'tree') return [];
  const spec = { Type: 'tmpfs' as const, Target: mount.target, TmpfsOptions: { SizeBytes: mount.sizeBytes } };
  return [mountAt(mount.target, { type: 'tmpfs', propagation: '', spec })];
}

function treeMount({ name, path, target, readOnly }: { name: string; path: string; target: string; readOnly: boolean }): Mount {
  return mountAt(target, { source: `/var/lib/docker/overlay2/${name}/merged${path === '' ? '' : `/${path}`}`, writable: !readOnly });
}

/** The places that were only made to mount something on leave no trace. */
function withoutMountPoints(entries: LayerEntry[], { mounts, files }: RunStep): LayerEntry[] {
  const stubs = new Set<string>();
  for (const { target } of mounts) {
    for (let at = placeOf(files, target); at !== '' && !files.get(at); at = splitPath(at).directory) stubs.add(at);
  }
  if (stubs.size === 0) return entries;
  const isEmpty = (entry: LayerEntry): boolean =>
    (entry.type === 'file' && (entry.content?.length ?? 0) === 0) ||
    (entry.type === 'directory' && !kept.some(({ path }) => path.startsWith(`${entry.path}/`)));
  let kept = entries;
  // The innermost first: a directory is empty once what was made in it is gone.
  for (const stub of [...stubs].sort((a, b) => b.length - a.length)) kept = kept.filter((entry) => entry.path !== stub || !isEmpty(entry));
  return kept;
}

/** Where a mount's target leads. Nothing was mounted where it leads nowhere. */
function placeOf(files: RootFiles, target: string): string {
  try {
    return files.resolve(target).path;
  } catch {
    return '';
  }
}
