/**
 * GuestRuntime: the Runtime port over crun in the guest kernel. Starting a container is one batch of
 * operations that ends in `crun run --detach`; cleaning up after it is another, without a process. What
 * goes into config.json was decided by the engine.
 */
import { EngineError } from '#engine/errors.ts';
import type { LayerEntry } from '#engine/image/layer-trees.ts';
import type { AnswerNames, DefaultRoute, EndpointPlan, NetworkDevice, Publication } from '#engine/runtime/network-plan.ts';
import {
  type ContainerFiles,
  type ContainerUsage,
  type ExecLaunch,
  FilesError,
  type FoundFile,
  type Launch,
  type LaunchTree,
  type MountedInNode,
  type NodeMount,
  type Process,
  type ProcessExit,
  type ProcessInfo,
  type Rootfs,
  type Runtime,
  type RuntimeInfo,
  StartError,
  type TerminalSize,
  type TreePiece,
} from '#engine/runtime/runtime.ts';
import type { RuntimeSpec } from '#engine/runtime/spec.ts';
import { AgentError, errnoWords } from '#emulator/agent/agent-error.ts';
import type { Channel } from '#emulator/agent/channel.ts';
import type { AgentClient, GuestConnection } from '#emulator/agent/client.ts';
import {
  cgroupRemove,
  diskUsage,
  findInRoot,
  info,
  kill,
  mayFail,
  mkdir,
  MNT_DETACH,
  mount,
  type Op,
  processes,
  readFile,
  rmtree,
  stat,
  umount,
  unlink,
  writeFile,
  writeSetting,
} from '#emulator/agent/ops.ts';
import type { OpResults } from '#emulator/agent/op.ts';
import { exitCode, type SpawnChannels } from '#emulator/agent/spawn.ts';
import { cgroupOf, mountRootfs, removeBundle, removeLayer, removeTree, unmountRootfs, writeBundle } from './bundle.ts';
import { findFile, type Place, readTree, writeTree } from './container-files.ts';
import { doubtfulSources, mountsForCrun } from './crun-mounts.ts';
import { GuestProcess } from './guest-process.ts';
import { mountedInNode } from './mount-table.ts';
import { type ContainerNetwork, NodeNetworks, type NetworksState } from './networks.ts';
import { bundlePath, consoleSocketPath, crunRoot, overlayPaths } from './paths.ts';
import { processInfo } from './process-info.ts';
import { limitFiles } from './resources.ts';
import { receiveTree } from './receive-tree.ts';
import { startFailure } from './start-failure.ts';
import type { Transfers } from './transfers.ts';
import { usageOf, usageOps } from './usage.ts';
import { LayerCollector } from './writable-layer.ts';

/** What a running container has in the guest: all that is needed to clean up after it. */
interface Running {
  containerId: string;
  pid: number;
  cgroup: string;
  rootfsName: string;
  /** Mounted for as long as it runs. */
  trees: LaunchTree[];
  network: ContainerNetwork;
}

/** As saved with a machine. */
export interface RuntimeState {
  networks: NetworksState;
  /** Overlay directory of each container that has a writable layer. */
  writable: [containerId: string, rootfsName: string][];
  running: (Running & { channels: Partial<Record<keyof SpawnChannels, number>> })[];
}

const SIGKILL = 9;

/** Some hundred lines for each of a node's containers, at most. */
const MAX_MOUNT_TABLE_BYTES = 512 << 10;

export class GuestRuntime implements Runtime {
  readonly #agent: AgentClient;
  readonly #node: number;
  readonly #transfers: Transfers;
  readonly #running = new Map<string, Running & { process: GuestProcess }>();
  readonly #writable: Map<string, string>;
  readonly #networks: NodeNetworks;

  constructor(agent: AgentClient, node: number, transfers: Transfers, saved?: RuntimeState) {
    this.#agent = agent;
    this.#node = node;
    this.#transfers = transfers;
    this.#networks = new NodeNetworks(agent, node, saved?.networks);
    this.#writable = new Map(saved?.writable);
    for (const { channels, ...running } of saved?.running ?? []) {
      this.#networks.resume(running.containerId, running.network);
      const open = Object.entries(channels).map(([name, id]) => [name, agent.channel(id)]);
      this.#attend(running, Object.fromEntries(open) as SpawnChannels, agent.orphanExit(node, running.pid));
    }
  }

  /** Makes ready what every start uses. */
  prepare(): Promise<void> {
    return this.#networks.prepare();
  }

  save(): RuntimeState {
    const running = [...this.#running.values()].map(({ process, ...rest }) => {
      const open = Object.entries(process.channels).map(([name, channel]: [string, Channel]) => [name, channel.id]);
      return { ...rest, channels: Object.fromEntries(open) as RuntimeState['running'][number]['channels'] };
    });
    return {
      networks: this.#networks.save(),
      writable: [...this.#writable],
      running,
    };
  }

  describe(): string {
    return [...this.#running.values()]
      .map((one) => `${one.containerId.slice(0, 12)} pid ${one.pid} ${one.network.sandbox ?? 'shared network'}`)
      .join('\n');
  }

  async info(): Promise<RuntimeInfo> {
    const [{ release, machine, memTotalBytes }] = await this.#batch([info()]);
    return {
      kernelVersion: release,
      machine,
      osName: 'Drydock Linux',
      osVersion: '1',
      memTotalBytes,
      cpuCount: 1,
      ociRuntimeVersion: '1.8.1',
    };
  }

  async start(launch: Launch): Promise<Process> {
    const { containerId, trees = [] } = launch;
    const config = await this.#forCrun(launch.config);
    const joined = this.#networks.join(containerId, launch.network, (other) => this.#networkOf(other));
    const running = {
      containerId,
      pid: 0,
      cgroup: cgroupOf(launch),
      rootfsName: launch.rootfs.name,
      trees: trees.map(({ name, keep }) => ({ name, keep, lower: [] })),
      network: joined.network,
    };
    // A file there is mounted as it is.
    const directories = (launch.directories ?? []).map((path) => mayFail(mkdir(path)));
    const ops = [
      ...joined.ops,
      ...directories,
      ...mountRootfs(launch.rootfs),
      ...trees.flatMap(mountRootfs),
      ...writeBundle({ ...launch, config }, joined.network.path),
    ];
    this.#noteWritable(containerId, launch.rootfs);
    try {
      const crun = {
        verb: 'run',
        args: ['--bundle', bundlePath(containerId)],
        base: bundlePath(containerId),
        console: containerId,
      } as const;
      const started = await this.#launch(ops, containerId, crun, { ...launch, terminal: launch.config.process.terminal });
      return this.#attend({ ...running, pid: started.pid }, started.channels, started.status);
    } catch (error) {
      joined.undo();
      await this.#batch(this.#removal(running));
      throw (error instanceof StartError && (await this.#missingSource(launch.directories))) || error;
    } finally {
      this.#networks.refillSoon();
    }
  }

  async exec(containerId: string, launch: ExecLaunch): Promise<Process> {
    this.#get(containerId);
    const base = `${bundlePath(containerId)}/${launch.execId}`;
    const ops = [mkdir(base, 0o700), writeFile(`${base}/process.json`, 0o600, JSON.stringify(launch.process))];
    try {
      const crun = { verb: 'exec', args: ['--process', `${base}/process.json`], base, console: launch.execId } as const;
      const started = await this.#launch(ops, containerId, crun, { ...launch, terminal: launch.process.terminal });
      const exit = started.status.then(async (status): Promise<ProcessExit> => {
        await this.#batch([mayFail(rmtree(base))]);
        return { code: exitCode(status), oomKilled: false };
      });
      return new GuestProcess(started.pid, started.channels, exit, () => this.#end(started.pid));
    } catch (error) {
      await this.#batch([mayFail(rmtree(base))]);
      throw error;
    }
  }

  reattach(containerId: string): Process | undefined {
    return this.#running.get(containerId)?.process;
  }

  async signal(containerId: string, signal: number): Promise<void> {
    const { pid } = this.#get(containerId);
    try {
      await this.#batch([kill(pid, signal)]);
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ESRCH')
        throw new EngineError('not-found', 'process already finished', { cause: error });
      throw error;
    }
  }

  async pause(containerId: string): Promise<void> {
    await this.#freeze(containerId, '1');
  }

  async resume(containerId: string): Promise<void> {
    await this.#freeze(containerId, '0');
  }

  async update(containerId: string, resources: NonNullable<RuntimeSpec['linux']['resources']>): Promise<void> {
    const { cgroup } = this.#get(containerId);
    await this.#batch(limitFiles(resources).map(([name, value]) => writeSetting(`${cgroup}/${name}`, value)));
  }

  async processes(containerId: string): Promise<ProcessInfo[]> {
    const { cgroup } = this.#get(containerId);
    const [found, facts] = await this.#batch([processes(cgroup), info()]);
    return processInfo(found, facts);
  }

  async stats(containerId: string): Promise<ContainerUsage> {
    const { cgroup, pid } = this.#get(containerId);
    return usageOf(await this.#batch(usageOps(cgroup, pid)));
  }

  async writableSizeBytes(containerId: string): Promise<number> {
    const [usage] = await this.#batch([mayFail(diskUsage(overlayPaths(this.#writable.get(containerId) ?? containerId).diff))]);
    return usage?.bytes ?? 0;
  }

  async writableEntries(containerId: string): Promise<LayerEntry[]> {
    const name = this.#writable.get(containerId);
    if (name === undefined) return [];
    const layer = new LayerCollector();
    await receiveTree(this.#place, { root: overlayPaths(name).diff, path: '', content: true, xattrs: true }, layer);
    return layer.entries();
  }

  async removeWritable(containerId: string): Promise<void> {
    const name = this.#writable.get(containerId);
    if (!name) return;
    // With the layer of mount points, which is this container's alone.
    await this.#batch([rmtree(overlayPaths(name).base), ...removeLayer(`${name}-init`)]);
    this.#writable.delete(containerId);
  }

  findFile(files: ContainerFiles, path: string, follow: boolean): Promise<FoundFile | undefined> {
    return findFile(this.#place, files, this.#holdsFiles(files), path, follow);
  }

  readTree(files: ContainerFiles, path: string): AsyncIterable<TreePiece> {
    return readTree(this.#place, files, this.#holdsFiles(files), path);
  }

  writeTree(files: ContainerFiles, directory: string, pieces: AsyncIterable<TreePiece>, options: { keepKinds: boolean }): Promise<void> {
    return writeTree(this.#place, files, this.#holdsFiles(files), directory, pieces, options);
  }

  async removeTree(name: string): Promise<void> {
    await this.#batch([rmtree(overlayPaths(name).base)]);
  }

  async removeLayers(cacheIds: readonly string[]): Promise<void> {
    if (cacheIds.length === 0) return;
    // The kernel never asks again for a name that it knows: a layer that comes back would be the empty directory it was when it went.
    await this.#batch([...cacheIds.flatMap(removeLayer), writeSetting('/proc/sys/vm/drop_caches', '2')]);
  }

  async findInNode(path: string): Promise<FoundFile | undefined> {
    const [found] = await this.#agent.batch({ node: this.#node }, [mayFail(findInRoot('/', path, true))], { background: true });
    if (!found) return undefined;
    const { type, mode, sizeBytes, seconds, nanoseconds } = found;
    return { path: `/${found.path.replace(/^\/+/, '')}`, type, mode, sizeBytes, seconds, nanoseconds };
  }

  async mountInNode({ source, target, type, flags, data }: NodeMount): Promise<void> {
    try {
      await this.#batch([mayFail(mkdir(target)), mount(source, target, type, flags, data)]);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      throw new FilesError(error.code, errnoWords(error.code), { cause: error });
    }
  }

  async unmountInNode(path: string): Promise<void> {
    await this.#batch([mayFail(umount(path, MNT_DETACH))]);
  }

  async nodeMounts(): Promise<MountedInNode[]> {
    const [table] = await this.#batch([readFile('/proc/1/mountinfo', MAX_MOUNT_TABLE_BYTES)]);
    return mountedInNode(textOf(table));
  }

  async endOthers(known: ReadonlySet<string>): Promise<void> {
    const others = [...this.#running.values()].filter(({ containerId }) => !known.has(containerId));
    await Promise.all(others.map(({ process }) => process.kill().then(() => process.exit)));
    for (const id of [...this.#writable.keys()]) if (!known.has(id)) await this.removeWritable(id);
  }

  hasDevice(name: string): Promise<boolean> {
    return this.#networks.hasDevice(name);
  }

  createDevice(device: NetworkDevice): Promise<void> {
    return this.#networks.createDevice(device);
  }

  removeDevice(device: NetworkDevice): Promise<void> {
    return this.#networks.removeDevice(device);
  }

  connect(containerId: string, endpoint: EndpointPlan): Promise<void> {
    return this.#networks.connect(this.#get(containerId).network, endpoint);
  }

  disconnect(containerId: string, interfaceName: string): Promise<void> {
    return this.#networks.disconnect(this.#get(containerId).network, interfaceName);
  }

  setDefaultRoute(containerId: string, route: { interfaceName: string; gateway: DefaultRoute } | undefined): Promise<void> {
    return this.#networks.setDefaultRoute(this.#get(containerId).network, route);
  }

  startNameServer(containerId: string): Promise<void> {
    return this.#networks.startNameServer(containerId, this.#get(containerId).network);
  }

  answerNames(answer: AnswerNames): void {
    this.#networks.answerNames(answer);
  }

  publish(publication: Publication): Promise<void> {
    return this.#networks.publish(publication);
  }

  unpublish(id: string): Promise<void> {
    return this.#networks.unpublish(id);
  }

  /** A connection to a listener of this node's networks. */
  takeConnection(connection: GuestConnection): boolean {
    return this.#networks.take(connection);
  }

  /** Another container's network, to share it. */
  #networkOf(containerId: string): ContainerNetwork {
    const { network, pid } = this.#get(containerId);
    return { ...network, path: network.path ?? `/proc/${pid}/ns/net` };
  }

  /** Why a directory that a bind mount needs could not be made, when that is why a container did not start. */
  async #missingSource(directories: readonly string[] = []): Promise<EngineError | undefined> {
    for (const path of directories) {
      try {
        await this.#batch([mkdir(path)]);
      } catch (error) {
        if (!(error instanceof AgentError) || error.code === 'EEXIST' || error.code === 'ENOTDIR') continue;
        const why = `mkdir ${path}: ${errnoWords(error.code)}`;
        return new EngineError('unknown', `error while creating mount source path '${path}': ${why}`, { cause: error });
      }
    }
    return undefined;
  }

  async #forCrun(config: RuntimeSpec): Promise<RuntimeSpec> {
    const sources = doubtfulSources(config.mounts);
    const found = sources.length === 0 ? [] : await this.#batch(sources.map((source) => mayFail(stat(source))));
    const files = new Set(sources.filter((_, index) => found[index] && found[index].type !== 'directory'));
    return { ...config, mounts: mountsForCrun(config.mounts, files) };
  }

  get #place(): Place {
    return { agent: this.#agent, node: this.#node, transfers: this.#transfers };
  }

  /** A container that vfs copied has no layer of its own. */
  #noteWritable(containerId: string, { name, driver }: Rootfs): void {
    if (driver !== 'vfs') this.#writable.set(containerId, name);
  }

  /** Whether a container's root is mounted at the moment; from now on it has a writable layer in any case. */
  #holdsFiles({ containerId, rootfs }: ContainerFiles): boolean {
    this.#noteWritable(containerId, rootfs);
    return this.#running.has(containerId);
  }

  /** Runs crun after `ops` and waits until it says whether the process runs. */
  async #launch(
    ops: Op[],
    containerId: string,
    crun: { verb: 'run' | 'exec'; args: readonly string[]; base: string; console: string },
    stdio: { terminal: boolean; terminalSize?: TerminalSize; stdinOpen: boolean },
  ): Promise<{ pid: number; channels: SpawnChannels; status: Promise<number> }> {
    const { terminal, terminalSize: size, stdinOpen } = stdio;
    const pidFile = `${crun.base}/init.pid`;
    const logFile = `${crun.base}/log.json`;
    const consoleSocket = consoleSocketPath(crun.console);
    const argv = [
      'crun',
      `--root=${crunRoot}`,
      '--cgroup-manager=cgroupfs',
      `--log=${logFile}`,
      '--log-format=json',
      crun.verb,
      '--detach',
      `--pid-file=${pidFile}`,
    ];
    if (terminal) argv.push(`--console-socket=${consoleSocket}`);
    argv.push(...crun.args, containerId);
    const mark = this.#agent.orphanMark();
    try {
      const spawned = await this.#agent.spawn(
        { node: this.#node },
        {
          before: terminal ? [...ops, mkdir(dirname(consoleSocket), 0o700)] : ops,
          argv,
          env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
          stdio: terminal
            ? { consoleSocket, rows: size?.rows ?? 0, columns: size?.columns ?? 0 }
            : { stdin: stdinOpen, stdout: true, stderr: true },
        },
      );
      const status = await spawned.exit;
      const [log, pid] = await this.#batch([
        mayFail(readFile(logFile, 65536)),
        mayFail(readFile(pidFile, 32)),
        ...(terminal ? [mayFail(unlink(consoleSocket))] : []),
      ]);
      if (status !== 0) throw startFailure(textOf(log));
      const nodePid = Number(textOf(pid));
      return { pid: nodePid, channels: spawned.channels, status: this.#agent.orphanExit(this.#node, nodePid, mark) };
    } catch (error) {
      throw asStartError(error);
    }
  }

  /** Keeps a running container in the books until it ends, and takes away what it had then. */
  #attend(running: Running, channels: SpawnChannels, status: Promise<number>): GuestProcess {
    const exit = status.then(async (waitStatus): Promise<ProcessExit> => {
      this.#running.delete(running.containerId);
      const [events] = await this.#batch([mayFail(readFile(`${running.cgroup}/memory.events`, 4096)), ...this.#removal(running)]);
      return { code: exitCode(waitStatus), oomKilled: /^oom_kill [1-9]/m.test(textOf(events)) };
    });
    const process = new GuestProcess(running.pid, channels, exit, () => this.#end(running.pid));
    this.#running.set(running.containerId, { ...running, process });
    return process;
  }

  /** Ends a process that may have ended already. */
  async #end(pid: number): Promise<void> {
    await this.#batch([mayFail(kill(pid, SIGKILL))]);
  }

  async #freeze(containerId: string, value: '0' | '1'): Promise<void> {
    const { cgroup } = this.#get(containerId);
    await this.#batch([writeSetting(`${cgroup}/cgroup.freeze`, value)]);
  }

  #get(containerId: string): Running & { process: GuestProcess } {
    const found = this.#running.get(containerId);
    if (!found) throw new EngineError('not-found', `container ${containerId} is not running`);
    return found;
  }

  /** Takes away everything of a container but its writable layer. */
  #removal({ containerId, cgroup, rootfsName, trees = [], network }: Running): Op[] {
    return [
      mayFail(cgroupRemove(cgroup)),
      mayFail(unmountRootfs(rootfsName)),
      ...trees.flatMap(removeTree),
      ...this.#networks.leave(containerId, network),
      ...removeBundle(containerId),
    ];
  }

  #batch<const T extends readonly Op[]>(ops: T): Promise<OpResults<T>> {
    return this.#agent.batch({ node: this.#node }, ops);
  }
}

function dirname(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function asStartError(error: unknown): unknown {
  if (error instanceof AgentError && error.code === 'ENOSPC') return new StartError('no-space', error.message, { cause: error });
  if (error instanceof AgentError) return new StartError('other', error.message, { cause: error });
  return error;
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder().decode(bytes) : '';
}
