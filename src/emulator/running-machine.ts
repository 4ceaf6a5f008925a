/**
 * A machine with everything that makes a Docker host of it: the emulated PC, its files, the agent's
 * client, and a node's engine and command line. Worker and Node both hold one; the page speaks to it
 * through messages.
 */
import { EngineError, messageOf } from '#engine/errors.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import type { DaemonConfig } from '#engine/daemon-config.ts';
import { newId, shortId } from '#engine/id.ts';
import { runCli } from '#cli/cli.ts';
import type { AgentClient } from './agent/client.ts';
import { channelConnection } from './channel-connection.ts';
import { info, seed, writeSetting } from './agent/ops.ts';
import type { SpawnedProcess } from './agent/spawn.ts';
import type { Stub } from './agent/stub.ts';
import type { VirtualMachine } from './machine/machine.ts';
import type { MirrorEvent, PackageMirror } from './mirror/mirror.ts';
import type { SharedHome } from './p9/shared-home.ts';
import type { HomeFiles, Machine, MachineStatus, SessionInfo, TcpConnection, TerminalSession } from './machine-api.ts';
import type { SharedFiles } from './shared-files.ts';
import { GuestClock } from './guest-clock.ts';
import { NodeHost, type NodeParts } from './node-host.ts';
import type { Platform } from './platform.ts';
import { keptAssets } from './ports/asset-files.ts';
import { systemClock } from './ports/clock.ts';
import { dialGuest, dialTcp } from './ports/dial-guest.ts';
import { systemRandom } from './ports/random.ts';
import { Registries } from './ports/registry.ts';
import { loginShell, shellCommand } from './shell.ts';
import { packImage, type MachineImage, type RestingShell } from './state/machine-image.ts';
import { stubEnvironment } from './stub-environment.ts';
import { terminalSession } from './terminal-session.ts';

export interface MachineParts {
  platform: Platform;
  pc: VirtualMachine;
  files: SharedFiles;
  agent: AgentClient;
  mirror: PackageMirror;
  /** Of every node's engine, whatever its daemon is told. */
  config?: Partial<DaemonConfig>;
  /** Told of what must not happen, found while a request was answered; the machine goes on. */
  onBug(error: unknown): void;
  /** What a saved state must match: see machine-image.ts. */
  fit: string;
}

/** Ctrl-L: a shell, and every full-screen program, draws itself anew. */
const REDRAW = Uint8Array.of(12);
const loopback = Uint8Array.of(127, 0, 0, 1);
/** How long saving waits for a moment at which nothing is under way. */
const REST_LIMIT_MS = 30_000;

export class RunningMachine implements Machine {
  readonly #parts: MachineParts;
  readonly #nodes = new Map<string, NodeHost>();
  readonly #clock: GuestClock;
  readonly #startedMs = systemClock.now();
  /** Reads files shipped with the app for the nodes' commands. */
  readonly #asset: (path: string) => Promise<Uint8Array | undefined>;
  #commands = 0;
  /** Login shells of open terminals, and their nodes. */
  readonly #shells = new Map<SpawnedProcess, string>();
  #resting: { node: string; shell: SpawnedProcess }[] = [];

  constructor(parts: MachineParts) {
    this.#parts = parts;
    const { agent, mirror } = parts;
    this.#clock = new GuestClock(agent);
    this.#asset = keptAssets(parts.platform.files);
    agent.onStub((stub) => void this.#runCommand(stub));
    agent.onConnection((connection) => {
      if (mirror.take(connection)) return;
      const node = this.#nodeById(connection.node);
      if (!node?.handleConnection(connection)) connection.channel.abort();
    });
    mirror.watch((event) => this.#logMissing(event));
    agent.onDaemon((id, event, pid) => this.#nodeById(id)?.handleDaemon(event, pid));
  }

  /** Sets what the guest cannot know after a rest: the time, and fresh randomness. */
  async wake(): Promise<void> {
    await Promise.all([this.#clock.set(), this.#parts.agent.run({ node: 0 }, seed(systemRandom.bytes(64)))]);
    this.#clock.start();
  }

  /** Makes a node's engine; `saved` when a session goes on. */
  addNode(...[node, runtime, daemonUp, saved]: NodeArguments): void {
    const { files, agent, config, platform, mirror } = this.#parts;
    const parts: NodeParts = {
      agent,
      config,
      share: files.share,
      transfers: files.transfers,
      layers: files.layers,
      registry: new Registries(platform.files, dialGuest(agent, node.id)),
      outside: {
        watch: (listener) =>
          mirror.watch(({ node: asking, kind, line }) => {
            if (asking === node.id) listener({ kind: kind === 'name' ? 'host' : kind === 'lists' ? 'list' : 'package', line });
          }),
      },
      onBug: this.#parts.onBug,
    };
    this.#nodes.set(node.name, new NodeHost(parts, node, runtime, daemonUp, saved));
  }

  /** Shells of the machine that was saved, for the next terminals. */
  keepShells(shells: RestingShell[]): void {
    for (const { node, process: number } of shells) {
      const shell = this.#parts.agent.process(number);
      if (!shell) continue;
      this.#resting.push({ node, shell });
      void shell.exit.then(() => (this.#resting = this.#resting.filter((other) => other.shell !== shell))).catch(() => {});
    }
  }

  /** Brings up the engines whose daemons run. Requests wait for them by themselves. */
  startEngines(): void {
    for (const node of this.#nodes.values()) if (node.isUp) node.start();
  }

  // Machine

  async openTerminal(options: { node: string; rows: number; columns: number; cwd?: string }): Promise<TerminalSession> {
    const { node, rows, columns, cwd } = options;
    const { id } = this.#node(node).node;
    const resting = cwd === undefined ? this.#takeRestingShell(node) : undefined;
    const shell = resting ?? (await loginShell(this.#parts.agent, id, { rows, columns }, cwd));
    this.#shells.set(shell, node);
    void shell.exit.then(() => this.#shells.delete(shell)).catch(() => {});
    const session = terminalSession(shell);
    if (resting) {
      session.resize(rows, columns);
      session.write(REDRAW);
    }
    return session;
  }

  api(node: string): ApiHandler {
    return this.#node(node).api;
  }

  home(node: string): HomeFiles {
    return this.#node(node).home;
  }

  async connect(node: string, port: number): Promise<TcpConnection | undefined> {
    const channel = await dialTcp(this.#parts.agent, this.#node(node).node.id, loopback, port);
    return channel && { ...channelConnection(channel), close: () => channel.abort() };
  }

  async saveSession(label: string): Promise<SessionInfo> {
    const { sessions } = this.#parts.platform;
    const bytes = await packImage(await this.image(), this.#parts.fit, false);
    const saved: SessionInfo = { id: shortId(newId(systemRandom)), label, savedAtMs: systemClock.now(), sizeBytes: bytes.length };
    await sessions.add(saved, bytes);
    return saved;
  }

  sessions(): Promise<SessionInfo[]> {
    return this.#parts.platform.sessions.list();
  }

  async status(): Promise<MachineStatus> {
    const { agent, pc, files } = this.#parts;
    const before = pc.instructions;
    const { memory } = await agent.run({ node: 0 }, info());
    await new Promise((resolve) => setTimeout(resolve, 200));
    const total = memory['MemTotal'] ?? 0;
    return {
      uptimeMs: systemClock.now() - this.#startedMs,
      memoryUsedBytes: total - (memory['MemAvailable'] ?? 0),
      memoryTotalBytes: total,
      mips: ((pc.instructions - before) >>> 0) / 200_000,
      openFids: files.openFids,
    };
  }

  async stop(): Promise<void> {
    this.#clock.stop();
    await this.#parts.pc.stop();
  }

  // For Node

  /** What it is made of, for tests that add a node of their own. */
  get parts(): MachineParts {
    return this.#parts;
  }

  /** A shell command on a node, with pipes. */
  shell(node: string, command: string): Promise<SpawnedProcess> {
    return shellCommand(this.#parts.agent, this.#node(node).node.id, command);
  }

  /** Lets the guest forget what it only remembers for speed, so that less of it has to be saved. */
  async settle(): Promise<void> {
    await this.#parts.agent.run({ node: 0 }, writeSetting('/proc/sys/vm/drop_caches', '3'));
  }

  /** The same as `home`, with what only a disk needs. */
  sharedHome(node: string): SharedHome {
    return this.#node(node).home;
  }

  get agent(): AgentClient {
    return this.#parts.agent;
  }

  describe(): string {
    return [this.#parts.agent.describe(), `${this.#commands} commands`, this.#parts.files.describe()].join('\n');
  }

  /**
   * Everything, at a moment at which nothing is under way between host and guest. A `docker` command that
   * runs is not saved; after a restore it prints a line and ends.
   */
  async image(): Promise<MachineImage> {
    const releases = [...this.#nodes.values()].map(({ steps }) => steps.hold());
    try {
      await this.#rest();
      return await this.#imageAtRest();
    } finally {
      for (const release of releases) release();
    }
  }

  // Inside

  /** Resolves at a moment at which nothing is under way; what follows at once finds it so. */
  async #rest(): Promise<void> {
    const { agent, pc } = this.#parts;
    const giveUpMs = systemClock.now() + REST_LIMIT_MS;
    do {
      const leftMs = giveUpMs - systemClock.now();
      if (leftMs <= 0 || !(await within(leftMs, agent.ping())))
        throw new EngineError('unavailable', 'The machine is busy and cannot be saved; try again in a moment.');
      // One turn of the event loop: whoever was answered has noted it by then, or has asked for more.
      await new Promise((resolve) => setTimeout(resolve));
    } while (pc.link.queuedBytes > 0 || agent.pendingBatches > 0 || [...this.#nodes.values()].some(({ steps }) => steps.underWay > 0));
  }

  /** Begins at once, and takes all parts in one go. */
  async #imageAtRest(): Promise<MachineImage> {
    const { agent, pc, files, mirror } = this.#parts;
    const nodes = [...this.#nodes.values()].map((node) => node.save());
    const client = agent.save();
    const shells = [...this.#shells, ...this.#resting.map(({ node, shell }): [SpawnedProcess, string] => [shell, node])];
    const saved = files.save();
    return {
      processor: await pc.save(),
      ...saved,
      agent: client,
      nodes,
      mirror: mirror.save(),
      shells: shells.map(([{ id }, node]) => ({ node, process: id })),
    };
  }

  #node(name: string): NodeHost {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`there is no node ${name}`);
    return node;
  }

  #takeRestingShell(node: string): SpawnedProcess | undefined {
    const index = this.#resting.findIndex((each) => each.node === node);
    return index < 0 ? undefined : this.#resting.splice(index, 1)[0]?.shell;
  }

  #nodeById(id: number): NodeHost | undefined {
    for (const host of this.#nodes.values()) if (host.node.id === id) return host;
    return undefined;
  }

  /** The node's daemon says what was not to be had, in its log. */
  #logMissing({ node, kind, line }: MirrorEvent): void {
    if (kind !== 'lists' && this.#nodeById(node)) this.#parts.agent.daemonLog(node, line);
  }

  /** A `docker` command in the guest. A bug in one ends that one, not the machine. */
  async #runCommand(stub: Stub): Promise<void> {
    this.#commands++;
    try {
      const code = await runCli(
        stubEnvironment(
          this.#parts.agent,
          stub,
          (id) => this.#nodeById(id)?.api,
          this.#asset,
          this.#parts.files.share,
          this.#parts.files.transfers,
        ),
      );
      await stub.exit(code);
    } catch (error) {
      this.#parts.onBug(error);
      const line = `docker: this should not have happened: ${messageOf(error)}\n`;
      await stub.stderr.write(new TextEncoder().encode(line)).catch(() => {});
      await stub.exit(1);
    } finally {
      this.#commands--;
    }
  }
}

/** False when it takes longer. */
async function within(limitMs: number, action: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), limitMs)));
  return Promise.race([action.then(() => true), late]).finally(() => clearTimeout(timer));
}

type NodeArguments = ConstructorParameters<typeof NodeHost> extends [unknown, ...infer Rest] ? Rest : never;
