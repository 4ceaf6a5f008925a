/**
 * A Docker Engine: puts its parts together over the ports of a node, and is the only file that knows them all. What it
 * keeps lies in Storage, so that `shutdown` and `start` are a daemon's restart; `save` is for a session that goes on.
 */
import type { ApiHandler } from './api/http.ts';
import { createRouter, errorAnswer } from './api/router.ts';
import { containerRoutes } from './api/routes/container.ts';
import { buildRoutes } from './api/routes/build.ts';
import { containerArchiveRoutes } from './api/routes/container-archive.ts';
import { containerLayerRoutes } from './api/routes/container-layer.ts';
import { execRoutes } from './api/routes/exec.ts';
import { imageRoutes } from './api/routes/image.ts';
import { imageArchiveRoutes } from './api/routes/image-archive.ts';
import { networkRoutes } from './api/routes/network.ts';
import { notYetRoutes } from './api/routes/not-yet.ts';
import { registryRoutes } from './api/routes/registry.ts';
import { systemRoutes, type SystemBackend } from './api/routes/system.ts';
import { volumeRoutes } from './api/routes/volume.ts';
import {
  containerBackend,
  containerArchiveBackend,
  containerLayerBackend,
  execBackend,
  imageArchiveBackend,
  imageBackend,
  networkBackend,
  registryBackend,
  volumeBackend,
} from './backends.ts';
import { BuildCache } from './build/build-cache.ts';
import { removeLeftovers } from './build/leftovers.ts';
import { buildBackend } from './build-backend.ts';
import type { Clock } from './clock.ts';
import type { Compression } from './compression.ts';
import { answerName } from './container/answer-name.ts';
import { Containers, type NodeFiles } from './container/containers.ts';
import { listContainers } from './container/list.ts';
import { bringUpContainers, saveContainers, shutdownContainers, type ContainersState } from './container/restore.ts';
import type { Crypto } from './crypto.ts';
import { defaultDaemonConfig, type DaemonConfig } from './daemon-config.ts';
import { checkRelease, newestRelease, type EngineRelease } from './engine-release.ts';
import { EngineError } from './errors.ts';
import { Events, type EngineEvent } from './events.ts';
import { Filters } from './filters.ts';
import { hex } from './id.ts';
import { Images } from './image/images.ts';
import type { LayerTrees } from './image/layer-trees.ts';
import { listImages } from './image/list.ts';
import type { RegistryTransport } from './image/registry-port.ts';
import { Networks } from './network/networks.ts';
import { silentOutside, type Outside } from './outside.ts';
import type { Random } from './random.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Storage } from './storage.ts';
import { Volumes } from './volume/volumes.ts';

export interface EnginePorts {
  runtime: Runtime;
  clock: Clock;
  random: Random;
  storage: Storage;
  layerTrees: LayerTrees;
  registry: RegistryTransport;
  crypto: Crypto;
  compression: Compression;
  /** Host name of the node: `node1`. */
  nodeName: string;
  nodeFiles?: NodeFiles;
  config?: DaemonConfig;
  /** What is installed, asked at each start; without it the engine is the newest. */
  readRelease?: (() => Promise<EngineRelease>) | undefined;
  /** What is asked for in vain; nobody watches when it is left out. */
  outside?: Outside | undefined;
  /** Told of what must not happen: a bug in Drydock, found while a request was answered. */
  onBug?: (error: unknown) => void;
}

/** What a session keeps besides Storage. JSON. */
export interface EngineState {
  events: EngineEvent[];
  containers: ContainersState;
  /** Of the engine that ran: what is installed meanwhile does not change it. */
  release?: EngineRelease;
}

export interface Engine {
  /** The one door. Refuses requests while the engine does not run. */
  readonly api: ApiHandler;
  /** Reads what Storage has and brings up networks and containers; does nothing while it runs. */
  start(): Promise<void>;
  /** Stops what runs, as when the daemon ends. `start` may follow. */
  shutdown(): Promise<void>;
  save(): EngineState;
  describe(): string;
  readonly events: Events;
  /** Only while it runs, as the following. */
  readonly images: Images;
  readonly containers: Containers;
  readonly networks: Networks;
  readonly volumes: Volumes;
}

/** What exists while the engine runs. */
interface Parts {
  release: EngineRelease;
  images: Images;
  containers: Containers;
  networks: Networks;
  volumes: Volumes;
  api: ApiHandler;
}

/** @param saved of a session that goes on; else the node starts anew from what Storage has */
export function createEngine(ports: EnginePorts, saved?: EngineState): Engine {
  const events = new Events(ports.clock);
  if (saved) events.restore(saved.events);
  let goingOn = saved;
  let parts: Parts | undefined;
  let starting: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    const release = goingOn?.release ? checkRelease(goingOn.release) : ((await ports.readRelease?.()) ?? newestRelease);
    const opened = await openParts(ports, release, events);
    if (goingOn === undefined) await opened.networks.start();
    await bringUpContainers(opened.containers, goingOn?.containers);
    goingOn = undefined;
    parts = opened;
  };
  const running = (): Parts => {
    if (!parts) throw new EngineError('unavailable', 'the engine is not running');
    return parts;
  };
  return {
    api: async (request) => {
      // Whoever asks while the engine comes up waits for it.
      await starting?.catch(() => undefined);
      return parts ? parts.api(request) : errorAnswer(new EngineError('unavailable', 'the engine is not running'));
    },
    start() {
      starting ??= start().catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
      return starting;
    },
    async shutdown() {
      await starting?.catch(() => undefined);
      if (!parts) return;
      const { containers, images } = parts;
      // From here on requests are refused: what they would start would outlive the engine.
      parts = undefined;
      await Promise.all([shutdownContainers(containers), images.shutdown()]);
      starting = undefined;
      events.close();
    },
    save: () => ({
      events: events.save(),
      containers: parts ? saveContainers(parts.containers) : { restarts: [], lines: [] },
      ...(parts && { release: parts.release }),
    }),
    describe: () => (parts ? describeParts(parts) : 'not running'),
    events,
    get images() {
      return running().images;
    },
    get containers() {
      return running().containers;
    },
    get networks() {
      return running().networks;
    },
    get volumes() {
      return running().volumes;
    },
  };
}

async function openParts(ports: EnginePorts, release: EngineRelease, events: Events): Promise<Parts> {
  removeLeftovers(ports);
  const images = await Images.open({ ...ports, events });
  const networks = new Networks({ ...ports, events, hostSubnets: ports.nodeFiles?.subnets });
  const volumes = new Volumes({ ...ports, events });
  const containers = await Containers.open({
    ...ports,
    config: ports.config ?? defaultDaemonConfig,
    release,
    events,
    images,
    networks,
    volumes,
  });
  ports.runtime.answerNames((containerId, question) => answerName(containers, containerId, question));
  const cache = new BuildCache({ ...ports, images });
  images.users = {
    containersOf: (imageId) => containers.usersOfImage(imageId),
    layersInUse: () => [...containers.layersInUse(), ...cache.layersInUse()],
  };
  // Nobody waits: what stays when the node goes away meanwhile are empty directories.
  images.onLayersRemoved = (layers) => void ports.runtime.removeLayers(layers.map(({ cacheId }) => cacheId)).catch(() => undefined);
  const routes = [
    ...imageRoutes(imageBackend(images, release)),
    ...registryRoutes(registryBackend(images)),
    ...imageArchiveRoutes(imageArchiveBackend(images)),
    ...containerRoutes(containerBackend(containers)),
    ...containerArchiveRoutes(containerArchiveBackend(containers)),
    ...containerLayerRoutes(containerLayerBackend(containers)),
    ...execRoutes(execBackend(containers)),
    ...buildRoutes(buildBackend(containers, cache, ports.outside ?? silentOutside)),
    ...networkRoutes(networkBackend(networks, containers)),
    ...volumeRoutes(volumeBackend(volumes)),
    ...systemRoutes(systemBackend({ ...ports, release }, { images, containers, volumes, events, cache })),
    ...notYetRoutes(),
  ];
  return { release, images, containers, networks, volumes, api: createRouter(routes, { onBug: ports.onBug, release }) };
}

function systemBackend(
  ports: EnginePorts & { release: EngineRelease },
  parts: Pick<Parts, 'images' | 'containers' | 'volumes'> & { events: Events; cache: BuildCache },
): SystemBackend {
  const { images, containers, volumes, events, cache } = parts;
  return {
    events,
    facts: async () => ({
      id: engineId(ports),
      nodeName: ports.nodeName,
      nowMs: ports.clock.now(),
      runtime: await ports.runtime.info(),
      release: ports.release,
      containers: containers.counts(),
      imageCount: images.store.size,
      eventListenerCount: events.listenerCount,
    }),
    buildCache: () => cache.usage(),
    images: () => listImages(images, { filters: new Filters(), countSharedSize: true, countContainers: true }),
    layersSizeBytes: () => [...images.layers.all()].reduce((sum, layer) => sum + layer.sizeBytes, 0),
    containers: () => listContainers(containers, { all: true, size: true, limit: 0, filters: new Filters() }),
    volumes: () => volumes.usage(),
  };
}

function describeParts({ images, containers, networks, volumes }: Parts): string {
  const sections = { images, containers, networks, volumes };
  return Object.entries(sections)
    .map(([name, part]) => `${name}:\n${part.describe()}`)
    .join('\n\n');
}

const idFile = 'engine-id';

/** The daemon's own id, made once. */
function engineId({ storage, random }: EnginePorts): string {
  const known = storage.read(idFile);
  if (known) return new TextDecoder().decode(known);
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const digits = hex(bytes);
  const id = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
  storage.write(idFile, new TextEncoder().encode(id), 0o600);
  return id;
}
