/**
 * The Runtime port: what the engine asks of the guest to run containers. `GuestRuntime` (emulator)
 * implements it over crun in the guest kernel, `FakeRuntime` (fake.ts) in memory for tests; both pass
 * `runtime.contract.ts`. The engine decides (OCI configuration, addresses, names); the runtime carries out.
 */
import type { LayerEntry } from '../image/layer-trees.ts';
import { type StorageDriver, vfsDirectory } from '../storage-driver.ts';
import type { AnswerNames, DefaultRoute, EndpointPlan, NetworkDevice, NetworkSandbox, Publication } from './network-plan.ts';
import type { RuntimeSpec } from './spec.ts';

export interface Runtime {
  /** Facts of the guest that `/info` and `/version` report. */
  info(): Promise<RuntimeInfo>;

  /**
   * Starts a container's first process. Resolves once it runs; throws `StartError` when it cannot,
   * with nothing left behind but the writable layer.
   */
  start(launch: Launch): Promise<Process>;

  /** Starts another process in a running container (by `config.process`). Throws `StartError`. */
  exec(containerId: string, launch: ExecLaunch): Promise<Process>;

  /** The still running (or unreported) process after the engine was restored; undefined when it is gone. */
  reattach(containerId: string): Process | undefined;

  /** Sends a signal to a container's first process. Throws `not-found` when it is gone. */
  signal(containerId: string, signal: number): Promise<void>;

  /** Freezes or thaws every process of a container. */
  pause(containerId: string): Promise<void>;
  resume(containerId: string): Promise<void>;

  /** Changes the limits of a running container. */
  update(containerId: string, resources: NonNullable<RuntimeSpec['linux']['resources']>): Promise<void>;

  /** The processes in a container, as the node sees them. */
  processes(containerId: string): Promise<ProcessInfo[]>;

  /** Usage counters of a running container's cgroup and interfaces. */
  stats(containerId: string): Promise<ContainerUsage>;

  /** Bytes in a container's writable layer; 0 when it has none yet. */
  writableSizeBytes(containerId: string): Promise<number>;

  /**
   * A container's writable layer in overlay's terms (see LayerEntry): parents before children, hard links as such, sockets
   * left out; the first entry is the root itself. Empty when none was made yet. Contents are not to be changed.
   */
  writableEntries(containerId: string): Promise<LayerEntry[]>;

  /** Removes a container's writable layer. The container is not running; idempotent. */
  removeWritable(containerId: string): Promise<void>;

  /** What a path in a container means; undefined when nothing is there. @param follow goes on where a link at its end leads */
  findFile(files: ContainerFiles, path: string, follow: boolean): Promise<FoundFile | undefined>;

  /**
   * A file, or a directory with all below it in the order of names: parents first, links not followed, volumes entered,
   * sockets left out. The top's path is ''. Reads on only as the pieces are taken. Throws FilesError.
   */
  readTree(files: ContainerFiles, path: string): AsyncIterable<TreePiece>;

  /**
   * Makes files below a directory of a container: directories are merged with those there, all else that is in the way is
   * replaced; what there is no directory for gets one. Stops at the first failure, and at one of `pieces`. Throws FilesError.
   *
   * @param options.keepKinds a directory is not replaced by something else, nor the other way round
   */
  writeTree(files: ContainerFiles, directory: string, pieces: AsyncIterable<TreePiece>, options: { keepKinds: boolean }): Promise<void>;

  /** Removes the directory of a tree that was kept. Not while it is mounted; idempotent. */
  removeTree(name: string): Promise<void>;

  /** Removes the directories under overlay2/ of layers that are gone, where there are any. Not while one is mounted. */
  removeLayers(cacheIds: readonly string[]): Promise<void>;

  /** What a path of the node leads to, links followed; undefined when nothing is there. */
  findInNode(path: string): Promise<FoundFile | undefined>;

  /** Mounts something in the node, on a directory that is made when it is missing. Throws FilesError with the kernel's words alone. */
  mountInNode(mount: NodeMount): Promise<void>;

  /** Takes off what was mounted last at a path of the node, for new users at once; idempotent. */
  unmountInNode(path: string): Promise<void>;

  /** What is mounted in the node. */
  nodeMounts(): Promise<MountedInNode[]>;

  /** Ends and removes containers that the engine does not know: what a step of a build ran when the session was saved. */
  endOthers(known: ReadonlySet<string>): Promise<void>;

  /** Whether the node has a network device of this name: `eth0`. */
  hasDevice(name: string): Promise<boolean>;

  /** Makes a network's device, a bridge with its address and rules; idempotent. */
  createDevice(device: NetworkDevice): Promise<void>;
  removeDevice(device: NetworkDevice): Promise<void>;

  /** Puts an interface into a running container's network namespace, with its routes. */
  connect(containerId: string, endpoint: EndpointPlan): Promise<void>;
  /** Takes one away. */
  disconnect(containerId: string, interfaceName: string): Promise<void>;
  /** Changes the default route of a running container; undefined takes it away. */
  setDefaultRoute(containerId: string, route: { interfaceName: string; gateway: DefaultRoute } | undefined): Promise<void>;
  /** Begins to answer names at 127.0.0.11 in a running container; nothing happens where it does already. */
  startNameServer(containerId: string): Promise<void>;
  /** Who answers names that containers look up. To be said before any container has a name server. */
  answerNames(answer: AnswerNames): void;

  /** Publishes the ports of an endpoint, all or none. Throws PublishError. */
  publish(publication: Publication): Promise<void>;
  /** Idempotent. */
  unpublish(id: string): Promise<void>;
}

export interface RuntimeInfo {
  /** `uname -r`, e.g. `6.1.176-drydock`. */
  kernelVersion: string;
  /** `uname -m`, e.g. `i686`. */
  machine: string;
  osName: string;
  osVersion: string;
  memTotalBytes: number;
  cpuCount: number;
  ociRuntimeVersion: string;
}

/** All that is needed to start a container. */
export interface Launch {
  containerId: string;
  /** OCI runtime configuration, complete but for the network namespace's path, which the runtime fills in. */
  config: RuntimeSpec;
  rootfs: Rootfs;
  /** Further trees, mounted at `treePath` before the process starts, for `config.mounts` to bind, and unmounted when it has ended. */
  trees?: LaunchTree[];
  network: NetworkSandbox;
  /** Initial size when the container has a terminal (`config.process.terminal`). */
  terminalSize?: TerminalSize;
  /** False: the process reads end of file at once. */
  stdinOpen: boolean;
  /** Directories of the node that bind mounts need: made, with their parents, when absent. */
  directories?: string[];
}

export interface ExecLaunch {
  execId: string;
  process: RuntimeSpec['process'];
  terminalSize?: TerminalSize;
  stdinOpen: boolean;
}

/** An overlay mount: read-only layers below one writable directory, as Docker's overlay2 driver lays them out; or what vfs made of the same layers. */
export interface Rootfs {
  /** Image layers, topmost first. `diffId` names content in LayerTrees, `cacheId` its directory under overlay2/. */
  lower: { diffId: string; cacheId: string }[];
  /** The container's own directory under overlay2/ (`<name>/{diff,work,merged}`). */
  name: string;
  /** The files lie ready in `vfs/dir/<name>`, to be used as they are: nothing is mounted. */
  driver?: StorageDriver;
}

/** A tree beside the root file system; what is written to it goes with it, unless `keep` says that its directory stays (until removeTree). */
export interface LaunchTree extends Rootfs {
  keep?: boolean;
}

/** Where a tree is in the node while it is mounted. */
export function treePath(name: string, driver: StorageDriver = 'overlay2'): string {
  if (driver === 'vfs') return `/var/lib/docker/${vfsDirectory(name)}`;
  return `/var/lib/docker/overlay2/${name}/merged`;
}

/** The files of a container as it sees them, whether it runs or not. Not to be used while it starts or stops. */
export interface ContainerFiles {
  containerId: string;
  rootfs: Rootfs;
  /** Volumes and bind mounts, outer ones first. */
  mounts: { source: string; destination: string; readOnly: boolean }[];
  /** Further trees that mounts come from, mounted meanwhile unless the container runs. */
  trees?: LaunchTree[];
  /** Directories of the node that mounts need: made, with their parents, when absent. */
  directories?: string[];
}

/** The arguments of mount(2). */
export interface NodeMount {
  source: string;
  target: string;
  type: string;
  flags: number;
  data: string;
}

export interface MountedInNode {
  path: string;
  /** Mounts and unmounts below it are seen by its peers; or come to it from its master. */
  shared: boolean;
  slave: boolean;
}

export interface FoundFile {
  /** Where it is, without links: absolute in the container. */
  path: string;
  type: LayerEntry['type'] | 'socket';
  mode: number;
  sizeBytes: number;
  /** Since the epoch. */
  seconds: number;
  nanoseconds: number;
  /** Of a symlink, as it is written. */
  linkName?: string;
}

/** A file without its content (but with `sizeBytes` of it to follow), or a piece of the content of the file before. */
export type TreePiece = { file: LayerEntry; sizeBytes: number } | { content: Uint8Array };

/** Files could not be read or made. */
export class FilesError extends Error {
  override readonly name = 'FilesError';

  constructor(
    /** `ENOSPC`, `ENOTDIR`, … */
    readonly code: string,
    /** What was tried, with the path, and the operating system's words. */
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface TerminalSize {
  rows: number;
  columns: number;
}

/** A started process: its streams and its end. */
export interface Process {
  /** Process id as the node sees it. */
  pid: number;
  /** Writes to standard input (or the terminal). Resolves when taken, so that writers wait for slow readers. */
  write(bytes: Uint8Array): Promise<void>;
  /** End of standard input; with a terminal, nothing. */
  closeInput(): Promise<void>;
  /**
   * What the process prints, in order, until every writer has closed. To be consumed once and
   * continuously: an unread process blocks when its pipe is full. With a terminal all is `stdout`.
   */
  output: AsyncIterable<OutputChunk>;
  resize(size: TerminalSize): Promise<void>;
  /** Ends this process at once; nothing happens when it has ended. */
  kill(): Promise<void>;
  /** Resolves once, after the process ended and its cgroup, mounts and network are gone (first process only). */
  exit: Promise<ProcessExit>;
}

export interface OutputChunk {
  stream: 'stdout' | 'stderr';
  bytes: Uint8Array;
}

export interface ProcessExit {
  /** Exit code, or 128 + signal number. */
  code: number;
  /** True when the kernel killed something in the container for lack of memory. */
  oomKilled: boolean;
}

export interface ProcessInfo {
  pid: number;
  ppid: number;
  uid: number;
  user: string;
  tty: string;
  /** Milliseconds since the epoch. */
  startedMs: number;
  cpuMs: number;
  rssBytes: number;
  /** Percent of a CPU since the start, as `ps` counts `C`. */
  cpuPercent: number;
  state: string;
  comm: string;
  commandLine: string;
}

export interface ContainerUsage {
  cpuNanos: number;
  cpuUserNanos: number;
  cpuSystemNanos: number;
  memoryBytes: number;
  memoryLimitBytes: number;
  memoryStats: Record<string, number>;
  pids: number;
  pidsLimit: number;
  interfaces: Record<
    string,
    {
      rxBytes: number;
      rxPackets: number;
      rxErrors: number;
      rxDropped: number;
      txBytes: number;
      txPackets: number;
      txErrors: number;
      txDropped: number;
    }
  >;
}

/** Why a process could not be started; the command line turns it into 126 or 127, all else is 125. */
export type StartFailure =
  'executable-not-found' | 'permission-denied' | 'is-a-directory' | 'no-such-directory' | 'no-such-user' | 'mount' | 'no-space' | 'other';

export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    readonly reason: StartFailure,
    /** The OCI runtime's own words. */
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
