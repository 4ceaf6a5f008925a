/**
 * GuestRuntime: the Runtime port over crun in the guest kernel. Starting a container is one batch of
 * operations that ends in `crun run --detach`; cleaning up after it is another, without a process. What
 * goes into config.json was decided by the engine.
 */
import { EngineError } from '#engine/errors.ts';
import {
  type Bridge,
  type ContainerUsage,
  type ExecLaunch,
  type Launch,
  type Process,
  type ProcessExit,
  type ProcessInfo,
  type Runtime,
  type RuntimeInfo,
  StartError,
  type TerminalSize,
} from '#engine/runtime/runtime.ts';
import type { RuntimeSpec } from '#engine/runtime/spec.ts';
import { AgentError } from '#emulator/agent/agent-error.ts';
import type { AgentClient } from '#emulator/agent/client.ts';
import { cgroupRemove, diskUsage, info, kill, mayFail, mkdir, netlink, type Op, processes, readFile, rmtree, writeFile, writeSetting } from '#emulator/agent/ops.ts';
import type { OpResults } from '#emulator/agent/op.ts';
import { exitCode } from '#emulator/agent/spawn.ts';
import { cgroupOf, connectSandbox, mountRootfs, removeBundle, unmountRootfs, writeBundle } from './bundle.ts';
import { GuestProcess } from './guest-process.ts';
import { deleteLink, NETLINK_NETFILTER, NETLINK_ROUTE, netlinkBatch, newAddress, newBridge } from './netlink.ts';
import { masquerade, removeMasquerade } from './nftables.ts';
import { bundlePath, crunRoot, overlayPaths } from './paths.ts';
import { processInfo } from './process-info.ts';
import { limitFiles } from './resources.ts';
import { removeSandbox, Sandboxes, type SandboxState } from './sandboxes.ts';
import { startFailure } from './start-failure.ts';
import { usageOf, usageOps } from './usage.ts';

/** What a running container has in the guest. */
interface Running {
  containerId: string;
  pid: number;
  cgroup: string;
  rootfsName: string;
  /** Its own network namespace; undefined when it shares one. */
  sandbox: string | undefined;
  /** The network namespace its processes are in; undefined for the node's. */
  network: string | undefined;
  process: GuestProcess;
}

export interface RuntimeState {
  sandboxes: SandboxState;
  bridges: [name: string, index: number][];
  nextLink: number;
}

/** Indexes of devices that we make: bridges from here, veth pairs above. Low ones are left to the kernel. */
const FIRST_BRIDGE = 10;
const FIRST_VETH = 100;

export class GuestRuntime implements Runtime {
  readonly #agent: AgentClient;
  readonly #node: number;
  readonly #running = new Map<string, Running>();
  readonly #sandboxes: Sandboxes;
  readonly #bridges: Map<string, number>;
  #nextLink: number;

  constructor(agent: AgentClient, node: number, saved?: RuntimeState) {
    this.#agent = agent;
    this.#node = node;
    this.#sandboxes = new Sandboxes(agent, node, saved?.sandboxes);
    this.#bridges = new Map(saved?.bridges);
    this.#nextLink = saved?.nextLink ?? FIRST_VETH;
  }

  /** Makes ready what every start uses. */
  prepare(): Promise<void> {
    return this.#sandboxes.refill();
  }

  save(): RuntimeState {
    return { sandboxes: this.#sandboxes.save(), bridges: [...this.#bridges], nextLink: this.#nextLink };
  }

  describe(): string {
    return [...this.#running.values()].map((one) => `${one.containerId.slice(0, 12)} pid ${one.pid} ${one.sandbox ?? 'shared network'}`).join('\n');
  }

  async info(): Promise<RuntimeInfo> {
    const [{ release, machine, memTotalBytes }] = await this.#batch([info()]);
    return { kernelVersion: release, machine, osName: 'Drydock Linux', osVersion: '1', memTotalBytes, cpuCount: 1, ociRuntimeVersion: '1.8.1' };
  }

  async start(launch: Launch): Promise<Process> {
    const { containerId } = launch;
    const bundle = bundlePath(containerId);
    const network = this.#networkOf(launch);
    const undo = [
      mayFail(cgroupRemove(cgroupOf(launch))),
      mayFail(unmountRootfs(launch)),
      ...(network.sandbox ? [mayFail(removeSandbox(network.sandbox))] : []),
      ...removeBundle(containerId),
    ];
    const ops = [...network.ops, ...mountRootfs(launch), ...writeBundle(launch, network.path)];
    let started;
    try {
      started = await this.#launch(ops, containerId, 'run', ['--bundle', bundle], launch.terminalSize, launch.config.process.terminal, launch.stdinOpen);
    } catch (error) {
      await this.#batch(undo);
      void this.#sandboxes.refill();
      throw error;
    }
    const exit = started.status.then(async (status) => {
      this.#running.delete(containerId);
      const oomKilled = await this.#cleanUp(launch, undo);
      return { code: exitCode(status), oomKilled };
    });
    const process = new GuestProcess(started.pid, started.channels, exit);
    this.#running.set(containerId, {
      containerId,
      pid: started.pid,
      cgroup: cgroupOf(launch),
      rootfsName: launch.rootfs.name,
      sandbox: network.sandbox,
      network: network.path,
      process,
    });
    void this.#sandboxes.refill();
    return process;
  }

  async exec(containerId: string, launch: ExecLaunch): Promise<Process> {
    this.#get(containerId);
    const base = `${bundlePath(containerId)}/${launch.execId}`;
    const ops = [mkdir(base, 0o700), writeFile(`${base}/process.json`, 0o600, JSON.stringify(launch.process))];
    try {
      const started = await this.#launch(ops, containerId, 'exec', ['--process', `${base}/process.json`], launch.terminalSize, launch.process.terminal, launch.stdinOpen, base);
      const exit = started.status.then(async (status): Promise<ProcessExit> => {
        await this.#batch([mayFail(rmtree(base))]);
        return { code: exitCode(status), oomKilled: false };
      });
      return new GuestProcess(started.pid, started.channels, exit);
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
      if (error instanceof AgentError && error.code === 'ESRCH') throw new EngineError('not-found', 'process already finished', { cause: error });
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
    const [usage] = await this.#batch([mayFail(diskUsage(overlayPaths(containerId).diff))]);
    return usage?.bytes ?? 0;
  }

  async removeWritable(containerId: string): Promise<void> {
    await this.#batch([mayFail(rmtree(overlayPaths(containerId).base))]);
  }

  async createBridge(bridge: Bridge): Promise<void> {
    if (this.#bridges.has(bridge.name)) return;
    const index = FIRST_BRIDGE + this.#bridges.size;
    const ops: Op[] = [
      writeSetting('/proc/sys/net/ipv4/ip_forward', '1'),
      netlink(NETLINK_ROUTE, '', netlinkBatch(newBridge({ name: bridge.name, index, macAddress: bridgeMac(bridge.address) }), newAddress(index, bridge.address))),
    ];
    if (!bridge.internal) ops.push(netlink(NETLINK_NETFILTER, '', masquerade(bridge.name, bridge.subnet)));
    await this.#batch(ops);
    this.#bridges.set(bridge.name, index);
  }

  async removeBridge(bridge: Bridge): Promise<void> {
    if (!this.#bridges.delete(bridge.name)) return;
    await this.#batch([
      ...(bridge.internal ? [] : [mayFail(netlink(NETLINK_NETFILTER, '', removeMasquerade(bridge.name)))]),
      netlink(NETLINK_ROUTE, '', deleteLink(bridge.name)),
    ]);
  }

  #networkOf(launch: Launch): { path?: string; sandbox?: string; ops: Op[] } {
    const plan = launch.network;
    switch (plan.kind) {
      case 'host':
        return { ops: [] };
      case 'container': {
        const other = this.#get(plan.containerId);
        return { path: other.network ?? `/proc/${other.pid}/ns/net`, ops: [] };
      }
      case 'none':
      case 'own': {
        const { path, ops } = this.#sandboxes.take();
        const endpoints = plan.kind === 'own' ? plan.endpoints : [];
        const links = connectSandbox(path, endpoints, { bridge: (name) => this.#bridgeIndex(name), nextVeth: () => this.#nextVeth() });
        return { path, sandbox: path, ops: [...ops, ...links] };
      }
    }
  }

  /** Runs crun after `ops` and waits until it says whether the process runs. */
  async #launch(
    ops: Op[],
    containerId: string,
    verb: 'run' | 'exec',
    args: string[],
    size: TerminalSize | undefined,
    terminal: boolean,
    stdinOpen: boolean,
    base = bundlePath(containerId),
  ): Promise<{ pid: number; channels: GuestProcess['channels']; status: Promise<number> }> {
    const pidFile = `${base}/init.pid`;
    const logFile = `${base}/log.json`;
    const consoleSocket = `${base}/console.sock`;
    const argv = ['crun', `--root=${crunRoot}`, '--cgroup-manager=cgroupfs', `--log=${logFile}`, '--log-format=json', verb, '--detach', `--pid-file=${pidFile}`];
    argv.push(...args);
    if (terminal) argv.push(`--console-socket=${consoleSocket}`);
    if (verb === 'exec' && terminal) argv.push('--tty');
    argv.push(containerId);
    const mark = this.#agent.orphanMark();
    try {
      const crun = await this.#agent.spawn(
        { node: this.#node },
        {
          before: ops,
          argv,
          env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
          cwd: '/',
          stdio: terminal
            ? { consoleSocket, rows: size?.rows ?? 0, columns: size?.columns ?? 0 }
            : { stdin: stdinOpen, stdout: true, stderr: true },
        },
      );
      const status = await crun.exit;
      const [log, pid] = await this.#batch([mayFail(readFile(logFile, 65536)), mayFail(readFile(pidFile, 32))]);
      if (status !== 0) throw startFailure(textOf(log));
      const nodePid = Number(textOf(pid));
      return { pid: nodePid, channels: crun.channels, status: this.#agent.orphanExit(this.#node, nodePid, mark) };
    } catch (error) {
      throw asStartError(error);
    }
  }

  /** Takes away what a container had; tells whether memory ran out in it. */
  async #cleanUp(launch: Launch, undo: Op[]): Promise<boolean> {
    const [events] = await this.#batch([mayFail(readFile(`${cgroupOf(launch)}/memory.events`, 4096)), ...undo]);
    return /^oom_kill [1-9]/m.test(textOf(events));
  }

  async #freeze(containerId: string, value: '0' | '1'): Promise<void> {
    const { cgroup } = this.#get(containerId);
    await this.#batch([writeSetting(`${cgroup}/cgroup.freeze`, value)]);
  }

  #get(containerId: string): Running {
    const found = this.#running.get(containerId);
    if (!found) throw new EngineError('not-found', `container ${containerId} is not running`);
    return found;
  }

  #bridgeIndex(name: string): number {
    const index = this.#bridges.get(name);
    if (index === undefined) throw new StartError('other', `bridge ${name} does not exist`);
    return index;
  }

  #nextVeth(): { index: number; name: string } {
    const index = this.#nextLink++;
    return { index, name: `veth${index.toString(16).padStart(7, '0')}` };
  }

  #batch<const T extends readonly Op[]>(ops: T): Promise<OpResults<T>> {
    return this.#agent.batch({ node: this.#node }, ops);
  }
}

function asStartError(error: unknown): unknown {
  if (error instanceof AgentError && error.code === 'ENOSPC') return new StartError('no-space', error.message, { cause: error });
  if (error instanceof AgentError) return new StartError('other', error.message, { cause: error });
  return error;
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder().decode(bytes) : '';
}

/** A bridge's hardware address, fixed by its IPv4 address as Docker does for endpoints. */
function bridgeMac(address: string): string {
  const [ip = ''] = address.split('/');
  return `02:42:${ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`;
}
