/**
 * One node's engine and what connects it with the guest: its Runtime, its directory, its sockets. The
 * guest's `dockerd` process decides whether the engine can be reached: `service docker stop` ends it.
 */
import { type ApiHandler, type ApiResponse } from '#engine/api/http.ts';
import { serveConnection } from '#engine/api/http1.ts';
import { defaultDaemonConfig, type DaemonConfig } from '#engine/daemon-config.ts';
import { configOf } from '#engine/daemon-config-values.ts';
import { DaemonConfigError, daemonFile, maxDaemonFileBytes, readSettings } from '#engine/daemon-settings.ts';
import { messageOf } from '#engine/errors.ts';
import { createEngine, type Engine, type EngineState } from '#engine/engine.ts';
import type { LayerTrees } from '#engine/image/layer-trees.ts';
import type { Outside } from '#engine/outside.ts';
import type { RegistryTransport } from '#engine/image/registry-port.ts';
import type { AgentClient, DaemonEvent, GuestConnection } from './agent/client.ts';
import { mayFail, readFile } from './agent/ops.ts';
import { channelConnection } from './channel-connection.ts';
import { installedRelease } from './guest/installed-release.ts';
import { nodeFiles } from './guest/lan.ts';
import { GuestRuntime, type RuntimeState } from './guest/runtime.ts';
import type { NodeName } from './guest/prepare.ts';
import type { Transfers } from './guest/transfers.ts';
import { MemoryStorage } from './p9/memory-storage.ts';
import type { MemoryFs } from './p9/memory-fs.ts';
import { SharedHome } from './p9/shared-home.ts';
import { RuntimeSteps } from './runtime-steps.ts';
import { systemClock } from './ports/clock.ts';
import { systemCompression } from './ports/compression.ts';
import { systemCrypto } from './ports/crypto.ts';
import { systemRandom } from './ports/random.ts';
import type { SavedNode } from './state/machine-image.ts';

/** Of dockerd's arguments. */
const maxCommandLineBytes = 16 << 10;

export interface NodeParts {
  agent: AgentClient;
  share: MemoryFs;
  transfers: Transfers;
  layers: LayerTrees;
  registry: RegistryTransport;
  /** What counts whatever the node's daemon is told. */
  config?: Partial<DaemonConfig> | undefined;
  outside: Outside;
  /** Told of what must not happen. */
  onBug(error: unknown): void;
}

export class NodeHost {
  readonly home: SharedHome;
  readonly #engine: Engine;
  readonly #runtime: GuestRuntime;
  #daemonUp: boolean;
  /** An engine that never ran has nothing to save. */
  #started = false;
  readonly #steps = new RuntimeSteps();

  /** @param runtime as prepareNode left it, or as it was saved */
  constructor(
    private readonly parts: NodeParts,
    readonly node: NodeName,
    runtime: RuntimeState,
    daemonUp: boolean,
    savedEngine?: unknown,
  ) {
    const { agent, share, layers, registry } = parts;
    this.#daemonUp = daemonUp;
    this.home = new SharedHome(share, `${node.name}/home`);
    this.#runtime = new GuestRuntime(agent, node.id, parts.transfers, runtime);
    const ports = {
      nodeName: node.name,
      nodeFiles: nodeFiles(node.name),
      runtime: this.#steps.of(this.#runtime),
      storage: new MemoryStorage(share, `${node.name}/docker`),
      layerTrees: layers,
      registry,
      config: { ...defaultDaemonConfig, ...parts.config },
      readRelease: () => installedRelease(agent, node.id),
      outside: parts.outside,
      clock: systemClock,
      random: systemRandom,
      crypto: systemCrypto,
      compression: systemCompression,
      onBug: parts.onBug,
    };
    this.#engine = createEngine(ports, savedEngine as EngineState | undefined);
  }

  /** Goes on with the engine of a daemon that is up already. */
  start(): void {
    this.#started = true;
    this.#engine.start().catch(this.parts.onBug);
  }

  /** A daemon came up: reads what it is told, and starts what an engine starts, or says why it cannot. */
  async #bringUp(pid: number): Promise<void> {
    const { agent, onBug } = this.parts;
    try {
      await this.#engine.start(await this.#readConfig(pid));
      this.#started = true;
      this.#daemonUp = true;
      agent.daemonReady(this.node.id);
    } catch (error) {
      const known = error instanceof DaemonConfigError;
      if (!known) onBug(error);
      agent.daemonFailed(this.node.id, known ? error.message : `failed to start daemon: ${messageOf(error)}`);
    }
  }

  /** @throws DaemonConfigError */
  async #readConfig(pid: number): Promise<DaemonConfig> {
    const { agent } = this.parts;
    const [[file], [line]] = await Promise.all([
      agent.batch({ node: this.node.id }, [mayFail(readFile(daemonFile, maxDaemonFileBytes))]),
      agent.batch({ node: 0 }, [mayFail(readFile(`/proc/${pid}/cmdline`, maxCommandLineBytes))]),
    ]);
    const [, ...args] = textOf(line)?.split('\0').slice(0, -1) ?? [];
    return { ...configOf(readSettings(textOf(file), args)), ...this.parts.config };
  }

  async #reload(pid: number): Promise<void> {
    try {
      this.#engine.reload(await this.#readConfig(pid));
    } catch (error) {
      if (!(error instanceof DaemonConfigError)) throw error;
      this.parts.agent.daemonLog(this.node.id, `Error reconfiguring the daemon: ${error.message}`);
    }
  }

  /** The Engine API, as long as the node's daemon runs. */
  readonly api: ApiHandler = (request) => (this.#daemonUp ? this.#engine.api(request) : Promise.resolve(unavailable()));

  /** What the engine does with the guest, step by step: the machine is saved between two steps. */
  get steps(): RuntimeSteps {
    return this.#steps;
  }

  get isUp(): boolean {
    return this.#daemonUp;
  }

  /** The `dockerd` process of the node came up, was told to stop, or is gone. */
  handleDaemon(event: DaemonEvent, pid: number): void {
    if (event === 'up') void this.#bringUp(pid);
    else if (event === 'reload') this.#reload(pid).catch(this.parts.onBug);
    else if (event === 'stopping') {
      void this.#engine
        .shutdown()
        .catch(this.parts.onBug)
        .finally(() => this.parts.agent.daemonStopped(this.node.id));
    } else {
      this.#daemonUp = false;
    }
  }

  /** A client of `docker.sock` in the guest, or one of the node's networks. @returns whether it is anybody's */
  handleConnection(connection: GuestConnection): boolean {
    const { channel, listener } = connection;
    if (listener !== 0) return this.#runtime.takeConnection(connection);
    void serveConnection(channelConnection(channel), this.api).finally(() => channel.abort());
    return true;
  }

  save(): SavedNode {
    return {
      name: this.node.name,
      id: this.node.id,
      runtime: this.#runtime.save(),
      engine: this.#started ? this.#engine.save() : undefined,
      daemonUp: this.#daemonUp,
    };
  }
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

function unavailable(): ApiResponse {
  const message = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
  return {
    status: 503,
    headers: { 'Content-Type': 'application/json' },
    body: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify({ message })) },
  };
}
