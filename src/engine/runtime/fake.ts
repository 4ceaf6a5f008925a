/**
 * FakeRuntime: containers in memory, their programs a few lines of TypeScript each (fake/programs.ts),
 * so that lessons and command-line tests run in milliseconds. It keeps the Runtime port's contract
 * (runtime.contract.ts) and imitates the kernel only where the engine can see it.
 */
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import type { LayerEntry, LayerTrees } from '../image/layer-trees.ts';
import { FakeContainer } from './fake/container.ts';
import { builtInRoot, FakeFiles, type FakeNode, filesOfLayers, resolvePath } from './fake/files.ts';
import type { Life } from './fake/life.ts';
import { FakeProcess } from './fake/process.ts';
import { FakeNetworks } from './fake/networks.ts';
import { Input, type Program, type ProgramContext } from './fake/program.ts';
import { programs as builtIn } from './fake/programs.ts';
import type { AnswerNames, DefaultRoute, EndpointPlan, NetworkDevice, Publication } from './network-plan.ts';
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
  type ProcessInfo,
  type Rootfs,
  type Runtime,
  type RuntimeInfo,
  StartError,
  type TreePiece,
  treePath,
} from './runtime.ts';
import type { RuntimeSpec } from './spec.ts';

/** Docker's three files, which are in Storage. */
const ownFile = /^\/etc\/(?:hosts|hostname|resolv\.conf)$|^\/sbin\/docker-init$/;
/** Flag of mount(2). */
const MS_BIND = 4096;

export interface FakeRuntimeOptions {
  clock: Clock;
  /** Where image content is; without it every container has the built-in root. */
  layers?: LayerTrees;
  /** Programs to add, by the last component of their path. */
  programs?: Record<string, Program>;
}

export class FakeRuntime implements Runtime {
  /** Every launch so far, for tests that look at what the engine asked for. */
  readonly launches: Launch[] = [];
  readonly networks = new FakeNetworks();
  /** The node's own files, which bind mounts and volumes show. */
  readonly nodeFiles = new FakeFiles(builtInRoot([]));
  /** What is mounted in the node, the root first. */
  readonly mounted: (NodeMount & Pick<MountedInNode, 'shared' | 'slave'>)[] = [
    { source: 'rootfs', target: '/', type: 'rootfs', flags: 0, data: '', shared: true, slave: false },
  ];
  readonly #clock: Clock;
  readonly #layers: LayerTrees | undefined;
  readonly #programs: Record<string, Program>;
  readonly #running = new Map<string, FakeContainer>();
  readonly #writable = new Map<string, FakeFiles>();
  /** Files of trees that are kept, by name. */
  readonly #trees = new Map<string, FakeFiles>();
  readonly #bases = new Map<string, ReadonlyMap<string, FakeNode>>();
  #nextPid = 100;

  constructor(options: FakeRuntimeOptions) {
    this.#clock = options.clock;
    this.#layers = options.layers;
    this.nodeFiles.makeDirectories('/dev/shm');
    this.#programs = { ...builtIn, ...options.programs };
  }

  async info(): Promise<RuntimeInfo> {
    return {
      kernelVersion: '6.1.0-fake',
      machine: 'i686',
      osName: 'Drydock Linux',
      osVersion: '1',
      memTotalBytes: 256 * 1024 * 1024,
      cpuCount: 1,
      ociRuntimeVersion: '1.8.1',
    };
  }

  async start(launch: Launch): Promise<Process> {
    const { containerId, config } = launch;
    this.launches.push(launch);
    if (this.#running.has(containerId)) throw new StartError('other', `container \`${containerId}\` already exists`);
    const files = this.#filesOf(launch);
    this.#mount(launch, files);
    const container = new FakeContainer(containerId, config, files);
    // What the OCI runtime does before it executes: the working directory is made.
    if (!files.get(resolvePath('/', config.process.cwd))) files.makeDirectory(resolvePath('/', config.process.cwd));
    const program = this.#resolve(container, config.process);
    this.#running.set(containerId, container);
    this.networks.start(containerId, launch.network);
    const process = this.#spawn(container, config.process, program, launch.stdinOpen, true);
    process.size = launch.terminalSize;
    container.init = process;
    return process;
  }

  async exec(containerId: string, launch: ExecLaunch): Promise<Process> {
    const container = this.#get(containerId);
    if (!container.files.get(resolvePath('/', launch.process.cwd))) {
      throw new StartError('no-such-directory', `chdir to \`${launch.process.cwd}\`: No such file or directory`);
    }
    const program = this.#resolve(container, launch.process);
    const process = this.#spawn(container, launch.process, program, launch.stdinOpen, false);
    process.size = launch.terminalSize;
    container.execs.set(launch.execId, process);
    void process.exit.then(() => container.execs.delete(launch.execId));
    return process;
  }

  reattach(containerId: string): Process | undefined {
    return this.#running.get(containerId)?.init;
  }

  async signal(containerId: string, signal: number): Promise<void> {
    this.#get(containerId).init?.signal(signal);
  }

  async pause(containerId: string): Promise<void> {
    this.#get(containerId).gate.close();
  }

  async resume(containerId: string): Promise<void> {
    this.#get(containerId).gate.open();
  }

  async update(containerId: string, resources: NonNullable<RuntimeSpec['linux']['resources']>): Promise<void> {
    const container = this.#get(containerId);
    if (resources.memory?.limit) container.memoryLimit = resources.memory.limit;
  }

  async processes(containerId: string): Promise<ProcessInfo[]> {
    return [...this.#get(containerId).entries.values()].map((entry) => ({
      pid: entry.pid,
      ppid: entry.ppid,
      uid: entry.uid,
      user: entry.uid === 0 ? 'root' : String(entry.uid),
      tty: entry.tty,
      startedMs: entry.startedMs,
      cpuMs: 0,
      rssBytes: 4096,
      cpuPercent: 0,
      state: 'S',
      comm: (entry.args[0] as string).split('/').at(-1) as string,
      commandLine: entry.args.join(' '),
    }));
  }

  async stats(containerId: string): Promise<ContainerUsage> {
    const container = this.#get(containerId);
    const limit = container.memoryLimit ?? 256 * 1024 * 1024;
    const none = { rxBytes: 0, rxPackets: 0, rxErrors: 0, rxDropped: 0, txBytes: 0, txPackets: 0, txErrors: 0, txDropped: 0 };
    return {
      cpuNanos: 1_000_000,
      cpuUserNanos: 600_000,
      cpuSystemNanos: 400_000,
      memoryBytes: 65536 * container.entries.size,
      memoryLimitBytes: limit,
      memoryStats: { anon: 40960, file: 24576, inactive_file: 0 },
      pids: container.entries.size,
      pidsLimit: container.config.linux.resources?.pids?.limit ?? 0,
      interfaces: { eth0: none },
    };
  }

  async writableSizeBytes(containerId: string): Promise<number> {
    return this.#writable.get(containerId)?.ownSizeBytes() ?? 0;
  }

  async writableEntries(containerId: string): Promise<LayerEntry[]> {
    return this.#writable.get(containerId)?.ownEntries() ?? [];
  }

  async removeWritable(containerId: string): Promise<void> {
    this.#writable.delete(containerId);
  }

  async findFile(files: ContainerFiles, path: string): Promise<FoundFile | undefined> {
    const found = resolvePath('/', path);
    const node = this.#viewOf(files).get(found);
    if (!node) return undefined;
    if (node.type !== 'directory' && path.endsWith('/')) throw new FilesError('ENOTDIR', `lstat ${path}: not a directory`);
    return { path: found, type: node.type, mode: node.mode, sizeBytes: node.content.length, seconds: 0, nanoseconds: 0 };
  }

  async *readTree(files: ContainerFiles, path: string): AsyncGenerator<TreePiece> {
    const top = resolvePath('/', path);
    const content = this.#viewOf(files);
    if (!content.get(top)) throw new FilesError('ENOENT', `open ${path}: no such file or directory`);
    const left = [top];
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      const node = content.get(at);
      if (!node) continue;
      const bytes = new TextEncoder().encode(node.content);
      const common = { path: at.slice(top === '/' ? 1 : top.length + 1), uid: 0, gid: 0, mtime: 0 };
      yield { file: { ...common, type: node.type, mode: node.mode }, sizeBytes: bytes.length };
      if (bytes.length > 0) yield { content: bytes };
      if (node.type === 'directory') for (const name of content.list(at).reverse()) left.push(resolvePath(at, name));
    }
  }

  async writeTree(
    files: ContainerFiles,
    directory: string,
    pieces: AsyncIterable<TreePiece>,
    options: { keepKinds: boolean },
  ): Promise<void> {
    const content = this.#viewOf(files);
    let last = '';
    for await (const piece of pieces) {
      if ('content' in piece) {
        content.write(last, new TextDecoder().decode(piece.content), true);
        continue;
      }
      const { path, type, mode } = piece.file;
      last = resolvePath(directory, path);
      const before = content.get(last);
      if (before && options.keepKinds && (before.type === 'directory') !== (type === 'directory')) {
        const kinds = before.type === 'directory' ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
        throw new FilesError('EEXIST', `cannot overwrite ${kinds[0]} "${last}" with ${kinds[1]} "${directory}"`);
      }
      if (type === 'directory') {
        if (before?.type !== 'directory') content.makeDirectory(last);
        continue;
      }
      if (before?.type === 'directory') content.remove(last);
      const copied = type === 'hardlink' ? content.get(resolvePath(directory, piece.file.linkName ?? '')) : undefined;
      for (let parent = last; (parent = parent.slice(0, parent.lastIndexOf('/'))) !== '' && !content.get(parent);)
        content.makeDirectory(parent);
      content.write(last, copied?.content ?? '');
      content.setMode(last, copied?.mode ?? mode);
    }
  }

  async removeTree(name: string): Promise<void> {
    this.#trees.delete(name);
  }

  async removeLayers(): Promise<void> {}

  async findInNode(path: string): Promise<FoundFile | undefined> {
    const found = resolvePath('/', path);
    const node = this.nodeFiles.get(found);
    return node && { path: found, type: node.type, mode: node.mode, sizeBytes: node.content.length, seconds: 0, nanoseconds: 0 };
  }

  async mountInNode(mount: NodeMount): Promise<void> {
    const { source, target, type, flags } = mount;
    if (!this.nodeFiles.get(target)) this.nodeFiles.makeDirectories(target);
    if (type === 'tmpfs') this.nodeFiles.mount(target, new FakeFiles(new Map([['/', { type: 'directory', mode: 0o1777, content: '' }]])));
    else if ((flags & MS_BIND) !== 0 && source !== '') {
      if (!this.nodeFiles.get(source)) throw new FilesError('ENOENT', 'no such file or directory');
      this.nodeFiles.mount(target, this.nodeFiles.below(source));
    } else if (source !== '') throw new FilesError('ENODEV', 'no such device');
    if (source !== '') this.mounted.push({ ...mount, shared: true, slave: false });
  }

  async unmountInNode(path: string): Promise<void> {
    const at = this.mounted.findLastIndex(({ target }) => target === path);
    if (at < 0) return;
    this.mounted.splice(at, 1);
    this.nodeFiles.unmount(path);
  }

  async nodeMounts(): Promise<MountedInNode[]> {
    return this.mounted.map(({ target, shared, slave }) => ({ path: target, shared, slave }));
  }

  async endOthers(known: ReadonlySet<string>): Promise<void> {
    for (const id of [...this.#running.keys()]) if (!known.has(id)) await this.reattach(id)?.kill();
    for (const id of [...this.#writable.keys()]) if (!known.has(id)) this.#writable.delete(id);
  }

  async hasDevice(name: string): Promise<boolean> {
    return this.networks.hasDevice(name);
  }

  async createDevice(device: NetworkDevice): Promise<void> {
    this.networks.devices.set(device.name, device);
  }

  async removeDevice(device: NetworkDevice): Promise<void> {
    this.networks.devices.delete(device.name);
  }

  async connect(containerId: string, endpoint: EndpointPlan): Promise<void> {
    this.networks.connect(this.#get(containerId).id, endpoint);
  }

  async disconnect(containerId: string, interfaceName: string): Promise<void> {
    this.networks.disconnect(this.#get(containerId).id, interfaceName);
  }

  async setDefaultRoute(containerId: string, route: { interfaceName: string; gateway: DefaultRoute } | undefined): Promise<void> {
    this.networks.setDefaultRoute(this.#get(containerId).id, route);
  }

  async startNameServer(containerId: string): Promise<void> {
    this.networks.nameServers.add(this.#get(containerId).id);
  }

  answerNames(answer: AnswerNames): void {
    this.networks.answerNames(answer);
  }

  async publish(publication: Publication): Promise<void> {
    this.networks.publish(publication);
  }

  async unpublish(id: string): Promise<void> {
    this.networks.unpublish(id);
  }

  describe(): string {
    const rows = [...this.#running.values()].map(
      (container) => `${container.id.slice(0, 12)} ${[...container.entries.values()].map((entry) => entry.args.join(' ')).join(' | ')}`,
    );
    return rows.length > 0 ? rows.join('\n') : 'no containers running';
  }

  #get(containerId: string): FakeContainer {
    const container = this.#running.get(containerId);
    if (!container) throw new EngineError('not-found', `container ${containerId} is not running`);
    return container;
  }

  /** With what is mounted into it; of a running container it is already. */
  #viewOf(view: ContainerFiles): FakeFiles {
    const files = this.#filesOf(view);
    if (this.#running.has(view.containerId)) return files;
    files.unmountAll();
    for (const { source, destination } of view.mounts)
      if (this.nodeFiles.get(source)) files.mount(destination, this.nodeFiles.below(source));
    return files;
  }

  #filesOf(launch: Pick<Launch, 'containerId' | 'rootfs'>): FakeFiles {
    const existing = this.#writable.get(launch.containerId);
    if (existing) return existing;
    const files = new FakeFiles(this.#baseOf(launch.rootfs));
    this.#writable.set(launch.containerId, files);
    return files;
  }

  #baseOf({ lower }: Rootfs): ReadonlyMap<string, FakeNode> {
    const diffIds = lower.map((layer) => layer.diffId);
    const key = diffIds.join(' ');
    let base = this.#bases.get(key);
    if (!base) {
      const known = this.#layers !== undefined && diffIds.some((diffId) => this.#layers?.has(diffId));
      base = known ? filesOfLayers(this.#layers as LayerTrees, diffIds) : builtInRoot(Object.keys(this.#programs));
      this.#bases.set(key, base);
    }
    return base;
  }

  /** Shows the launch's trees, and files of the node, where its configuration binds them. */
  #mount({ config, trees = [], directories = [] }: Launch, files: FakeFiles): void {
    files.unmountAll();
    for (const path of directories) if (!this.nodeFiles.get(path)) this.nodeFiles.makeDirectories(path);
    const contents = new Map(trees.map((tree) => [treePath(tree.name), this.#treeOf(tree)]));
    for (const { source = '', destination, type } of config.mounts) {
      const tree = [...contents].find(([path]) => source === path || source.startsWith(`${path}/`));
      if (tree) files.mount(destination, tree[1].below(source.slice(tree[0].length)));
      else if (type === 'bind' && !ownFile.test(destination)) this.#bind(source, destination, files);
    }
  }

  #bind(source: string, destination: string, files: FakeFiles): void {
    if (!this.nodeFiles.get(source)) {
      // Volumes are the engine's to make.
      if (!source.startsWith('/var/lib/docker/')) throw new StartError('mount', `cannot stat \`${source}\`: No such file or directory`);
      this.nodeFiles.makeDirectories(source);
    }
    files.mount(destination, this.nodeFiles.below(source));
  }

  #treeOf(tree: LaunchTree): FakeFiles {
    const content = this.#trees.get(tree.name) ?? new FakeFiles(this.#baseOf(tree));
    if (tree.keep) this.#trees.set(tree.name, content);
    return content;
  }

  /** Finds the program as execvp would: by path, or along PATH. */
  #resolve(container: FakeContainer, process: RuntimeSpec['process']): Program {
    const name = process.args[0] ?? '';
    const init = this.#programs['docker-init'];
    if (name === '/sbin/docker-init' && init) return init;
    const env = new Map(process.env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
    const candidates = name.includes('/')
      ? [resolvePath(process.cwd, name)]
      : (env.get('PATH') ?? '/bin:/usr/bin').split(':').map((directory) => `${directory}/${name}`);
    for (const path of candidates) {
      const node = container.files.get(path);
      if (!node) continue;
      if (node.type === 'directory') throw new StartError('is-a-directory', `open executable: Is a directory`);
      const program = this.#programs[node.program ?? (path.split('/').at(-1) as string)];
      if ((node.mode & 0o111) === 0 || !program) throw new StartError('permission-denied', `open executable: Permission denied`);
      return program;
    }
    throw new StartError(
      'executable-not-found',
      `executable file \`${name}\` not found${name.includes('/') ? '' : ' in $PATH'}: No such file or directory`,
    );
  }

  #spawn(container: FakeContainer, spec: RuntimeSpec['process'], program: Program, stdinOpen: boolean, isInit: boolean): FakeProcess {
    const pid = this.#nextPid++;
    const afterExit = async (): Promise<void> => {
      container.entries.delete(pid);
      if (!isInit) return;
      // The end of the first process of a pid namespace is the end of all.
      const others = [...container.execs.values()];
      for (const other of others) other.life.kill(9);
      await Promise.all(others.map((other) => other.exit));
      this.#running.delete(container.id);
      this.networks.end(container.id);
    };
    return new FakeProcess(pid, container, isInit, spec.terminal, stdinOpen, afterExit, (process) => ({
      program,
      context: this.#context(container, process, process.life, {
        pid,
        ppid: isInit ? 1 : 0,
        args: spec.args,
        env: withHome(
          new Map(spec.env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
          container,
          spec.user.uid,
        ),
        cwd: resolvePath('/', spec.cwd),
        uid: spec.user.uid,
        gid: spec.user.gid,
      }),
    }));
  }

  #context(
    container: FakeContainer,
    process: FakeProcess,
    life: Life,
    own: { pid: number; ppid: number; args: string[]; env: Map<string, string>; cwd: string; uid: number; gid: number },
  ): Omit<ProgramContext, 'stdin' | 'stdout' | 'stderr'> {
    container.entries.set(own.pid, {
      pid: own.pid,
      ppid: own.ppid,
      uid: own.uid,
      tty: process.terminal ? 'pts/0' : '?',
      args: own.args,
      startedMs: this.#clock.now(),
    });
    return {
      ...own,
      terminal: process.terminal,
      container,
      life,
      now: () => this.#clock.now(),
      sleep: (ms) => {
        let cancel = (): void => undefined;
        const due = new Promise<void>((resolve) => {
          cancel = this.#clock.after(ms, resolve);
        });
        return life.alive(due, cancel);
      },
      run: async (child) => {
        let program: Program;
        const env = child.env ?? own.env;
        try {
          const pairs = [...env].map(([name, value]) => `${name}=${value}`);
          program = this.#resolve(container, { terminal: false, user: own, args: child.args, env: pairs, cwd: child.cwd ?? own.cwd });
        } catch (error) {
          if (!(error instanceof StartError)) throw error;
          const denied = error.reason !== 'executable-not-found';
          await child.stderr?.(`sh: ${child.args[0] as string}: ${denied ? 'Permission denied' : 'not found'}\n`);
          return denied ? 126 : 127;
        }
        const childLife = life.child();
        const pid = this.#nextPid++;
        const before = process.foreground;
        process.foreground = childLife;
        try {
          const context = this.#context(container, process, childLife, {
            ...own,
            pid,
            ppid: own.pid,
            args: child.args,
            env,
            cwd: child.cwd ?? own.cwd,
          });
          const stdin = new Input(child.stdin as Input, childLife);
          return await program({
            ...context,
            stdin,
            stdout: child.stdout as ProgramContext['stdout'],
            stderr: child.stderr as ProgramContext['stderr'],
          });
        } finally {
          process.foreground = before;
          container.entries.delete(pid);
        }
      },
    };
  }
}

/** The OCI runtime sets HOME when nobody did, by the passwd file of the container. */
function withHome(env: Map<string, string>, { files }: FakeContainer, uid: number): Map<string, string> {
  if (env.has('HOME')) return env;
  const rows = (files.get('/etc/passwd')?.content ?? '').split('\n').map((line) => line.split(':'));
  const home = rows.find((fields) => fields[2] === String(uid))?.[5];
  return new Map([...env, ['HOME', home ?? '/']]);
}
