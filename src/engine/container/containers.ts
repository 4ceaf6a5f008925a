/**
 * The containers of a node: finds them by what people call them, keeps them in Storage, and tells the rest of the
 * engine what they use. Each verb has a file of its own and takes this.
 */
import type { Clock } from '../clock.ts';
import type { Compression } from '../compression.ts';
import type { DaemonConfig } from '../daemon-config.ts';
import type { EngineRelease } from '../engine-release.ts';
import { EngineError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Images } from '../image/images.ts';
import type { LayerTrees } from '../image/layer-trees.ts';
import type { Networks } from '../network/networks.ts';
import type { Random } from '../random.ts';
import type { Runtime, RuntimeInfo } from '../runtime/runtime.ts';
import type { Storage } from '../storage.ts';
import type { Volumes } from '../volume/volumes.ts';
import { type Container, makeContainer } from './container.ts';
import type { Exec } from './exec/exec.ts';
import { ensureInitLayer } from './init-layer.ts';
import { LayerFiles } from './layer-files.ts';
import { Names } from './names.ts';
import { loadContainers, writeContainer } from './records.ts';
import { isUp, describeState } from './state.ts';

export interface ContainerPorts {
  runtime: Runtime;
  storage: Storage;
  clock: Clock;
  random: Random;
  events: Events;
  images: Images;
  networks: Networks;
  volumes: Volumes;
  layerTrees: LayerTrees;
  compression: Compression;
  /** Host name of the node. */
  nodeName: string;
  nodeFiles?: NodeFiles;
  config: DaemonConfig;
  release: EngineRelease;
}

/** What Docker reads of the node's own /etc for containers on its network, and of its routes for networks. */
export interface NodeFiles {
  hosts: string;
  resolvConf: string;
  /** Of the node's devices: `192.168.65.0/24`. */
  subnets?: string[];
}

export class Containers {
  readonly ports: ContainerPorts;
  readonly info: RuntimeInfo;
  readonly names: Names;
  readonly layerFiles: LayerFiles;
  readonly nodeFiles: NodeFiles;
  /** Counters of the node's CPU time begin here. */
  readonly openedMs: number;
  readonly #byId = new Map<string, Container>();
  /** Execs by id, of all containers. */
  readonly execs = new Map<string, Exec>();
  /** The daemon is ending: nothing is restarted, and what is stopped is not stopped by a user. */
  stopping = false;
  #pruning = false;

  private constructor(ports: ContainerPorts, info: RuntimeInfo, nodeFiles: NodeFiles) {
    this.ports = ports;
    this.info = info;
    this.names = new Names(ports.random);
    this.layerFiles = new LayerFiles(ports.layerTrees);
    this.nodeFiles = nodeFiles;
    this.openedMs = ports.clock.now();
  }

  /** The containers that Storage has, none of them started (restore.ts does that). */
  static async open(ports: ContainerPorts, nodeFiles = ports.nodeFiles ?? defaultNodeFiles(ports.nodeName)): Promise<Containers> {
    const containers = new Containers(ports, await ports.runtime.info(), nodeFiles);
    ensureInitLayer(ports.layerTrees);
    for (const record of loadContainers(ports.storage, ports.images.ports.driver)) {
      const container = makeContainer(record);
      containers.names.reserve(container.name, container.id);
      containers.#byId.set(container.id, container);
      for (const mount of container.mounts) if (mount.type === 'volume') ports.volumes.use(mount.name, container.id);
    }
    return containers;
  }

  /** Oldest first. */
  all(): Container[] {
    return [...this.#byId.values()];
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /**
   * The container that an id, a name or the beginning of an id means.
   *
   * @throws EngineError `not-found`: `No such container: web`
   */
  resolve(name: string): Container {
    if (name === '') throw new EngineError('invalid-parameter', 'invalid name or ID supplied: ""');
    const exact = this.#byId.get(name) ?? this.#byId.get(this.names.idOf(name) ?? '');
    if (exact) return exact;
    const matching = this.all().filter((container) => container.id.startsWith(name));
    if (matching.length > 1) throw new EngineError('invalid-parameter', `multiple IDs found with provided prefix: ${name}`);
    const [only] = matching;
    if (!only) throw new EngineError('not-found', `No such container: ${name}`);
    return only;
  }

  find(name: string): Container | undefined {
    try {
      return this.resolve(name);
    } catch {
      return undefined;
    }
  }

  /** @throws EngineError when there is no room for it; it is not there then */
  add(container: Container): void {
    writeContainer(this.ports.storage, container, this.ports.images.ports.driver);
    this.#byId.set(container.id, container);
  }

  /** Forgets a container whose traces are gone. */
  delete(container: Container): void {
    this.#byId.delete(container.id);
    this.names.release(container.name);
    for (const exec of container.live.execs.values()) this.execs.delete(exec.id);
  }

  /** Writes what has changed to Storage. A full disk stops nothing, as in Docker: the next change is written again. */
  save(container: Container): void {
    if (container.live.removed) return;
    try {
      writeContainer(this.ports.storage, container, this.ports.images.ports.driver);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }

  /** An event about a container, with its labels, image and name. */
  logEvent(container: Container, action: string, attributes: Record<string, string> = {}): void {
    const { config, name, id } = container;
    this.ports.events.log('container', action, id, {
      ...config.Labels,
      ...attributes,
      ...(config.Image ? { image: config.Image } : {}),
      name,
    });
  }

  /** One prune at a time. */
  async pruning<T>(work: () => Promise<T>): Promise<T> {
    if (this.#pruning) throw new EngineError('conflict', 'a prune operation is already running');
    this.#pruning = true;
    try {
      return await work();
    } finally {
      this.#pruning = false;
    }
  }

  /** For images: who uses one. */
  usersOfImage(imageId: string): { id: string; running: boolean }[] {
    return this.all()
      .filter((container) => container.imageId === imageId || container.mounts.some(({ image }) => image?.id === imageId))
      .map((container) => ({ id: container.id, running: isUp(container.state.status) }));
  }

  /** For images: layers that containers stand on. */
  layersInUse(): string[] {
    return this.all()
      .flatMap((container) => [container.topLayer, ...container.mounts.map(({ image }) => image?.topLayer)])
      .filter((layer) => layer !== undefined);
  }

  counts(): { running: number; paused: number; stopped: number } {
    const counts = { running: 0, paused: 0, stopped: 0 };
    for (const { state } of this.#byId.values()) {
      if (state.status === 'paused') counts.paused++;
      else if (state.status === 'running') counts.running++;
      else counts.stopped++;
    }
    return counts;
  }

  describe(): string {
    return this.all()
      .map((container) => {
        const { live } = container;
        const extras = [
          live.streams.attachedCount > 0 && `attached=${live.streams.attachedCount}`,
          live.waiters.size > 0 && `waiting=${live.waiters.size}`,
        ];
        return [container.id.slice(0, 12), container.name, describeState(container.state), ...extras.filter(Boolean)].join(' ');
      })
      .join('\n');
  }
}

function defaultNodeFiles(nodeName: string): NodeFiles {
  return { hosts: `127.0.0.1\tlocalhost\n127.0.1.1\t${nodeName}\n`, resolvConf: '' };
}
