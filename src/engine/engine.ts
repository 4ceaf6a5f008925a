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
import {
  bringUpContainers,
  leaveContainers,
  saveContainers,
  shutdownContainers,
  wakeContainers,
  type ContainersState,
} from './container/restore.ts';
import type { Crypto } from './crypto.ts';
import { defaultDaemonConfig, reloadable, reloadAttributes, type DaemonConfig } from './daemon-config.ts';
import { checkRelease, newestRelease, type EngineRelease } from './engine-release.ts';
import { EngineError } from './errors.ts';
import { Events, type EngineEvent } from './events.ts';
import { Filters } from './filters.ts';
import { hex } from './id.ts';
import { isUp } from './container/state.ts';
import { Images } from './image/images.ts';
import { withInsecureRegistries } from './image/insecure-registries.ts';
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
  config?: DaemonConfig;
}

export interface Engine {
  /** The one door. Refuses requests while the engine does not run. */
  readonly api: ApiHandler;
  /** Reads what Storage has and brings up networks and containers; does nothing while it runs. */
  start(config?: DaemonConfig): Promise<void>;
  /** Takes over what can be changed while it runs. */
  reload(config: DaemonConfig): void;
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
  /** Changed in place when the daemon is told to read its file again. */
  config: DaemonConfig;
  images: Images;
  containers: Containers;
  networks: Networks;
  volumes: Volumes;
  cache: BuildCache;
  api: ApiHandler;
}

/** @param saved of a session that goes on; else the node starts anew from what Storage has */
export function createEngine(ports: EnginePorts, saved?: EngineState): Engine {
  const events = new Events(ports.clock);
  if (saved) events.restore(saved.events);
  let goingOn = saved;
  let parts: Parts | undefined;
  let starting: Promise<void> | undefined;

  /** Of an engine that is away while its containers go on (`live-restore`). */
  let asleep: Parts | undefined;
  const settings = ports.config ?? defaultDaemonConfig;

  const start = async (config: DaemonConfig): Promise<void> => {
    const release = goingOn?.release ? checkRelease(goingOn.release) : ((await ports.readRelease?.()) ?? newestRelease);
    if (asleep && asleep.config.storageDriver !== config.storageDriver) {
      if (asleep.containers.all().some(({ state }) => isUp(state.status)))
        throw new EngineError(
          'unavailable',
          `live-restore keeps containers of the ${asleep.config.storageDriver} storage-driver running: they have to be stopped under it first`,
        );
      await Promise.all([shutdownContainers(asleep.containers), asleep.images.shutdown()]);
      asleep = undefined;
    }
    if (asleep) {
      Object.assign(asleep.config, config);
      asleep.release = asleep.containers.ports.release = release;
      asleep.api = routerOf(ports, asleep, events);
      await wakeContainers(asleep.containers);
      parts = asleep;
      asleep = undefined;
      return;
    }
    const opened = await openParts(ports, { ...config }, release, events);
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
    start(config = goingOn?.config ?? settings) {
      starting ??= start(config).catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
      return starting;
    },
    async shutdown() {
      await starting?.catch(() => undefined);
      if (!parts) return;
      const { containers, images, config } = parts;
      if (config.liveRestore) asleep = parts;
      // From here on requests are refused: what they would start would outlive the engine.
      parts = undefined;
      if (asleep) leaveContainers(containers);
      else await Promise.all([shutdownContainers(containers), images.shutdown()]);
      starting = undefined;
      events.close();
    },
    reload(config) {
      if (!parts) return;
      Object.assign(parts.config, reloadable(parts.config, config));
      events.log('daemon', 'reload', engineId(ports), reloadAttributes(ports.nodeName, parts.config));
    },
    save: () => {
      const held = parts ?? asleep;
      return {
        events: events.save(),
        containers: held ? saveContainers(held.containers) : { restarts: [], lines: [] },
        config: held?.config ?? settings,
        ...(held && { release: held.release }),
      };
    },
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

async function openParts(ports: EnginePorts, config: DaemonConfig, release: EngineRelease, events: Events): Promise<Parts> {
  removeLeftovers(ports);
  const driver = config.storageDriver;
  const images = await Images.open({ ...ports, registry: withInsecureRegistries(ports.registry, config), events, driver });
  const networks = new Networks({
    ...ports,
    events,
    hostSubnets: ports.nodeFiles?.subnets,
    pools: config.addressPools,
    defaultBridge: { address: config.bridgeAddress, interContainer: config.interContainer },
  });
  const volumes = new Volumes({ ...ports, events });
  const containers = await Containers.open({ ...ports, config, release, events, images, networks, volumes });
  ports.runtime.answerNames((containerId, question) => answerName(containers, containerId, question));
  const cache = new BuildCache({ ...ports, images });
  images.users = {
    containersOf: (imageId) => containers.usersOfImage(imageId),
    layersInUse: () => [...containers.layersInUse(), ...cache.layersInUse()],
  };
  // Nobody waits: what stays when the node goes away meanwhile are empty directories.
  images.onLayersRemoved = (layers) => void ports.runtime.removeLayers(layers.map(({ cacheId }) => cacheId)).catch(() => undefined);
  const parts = { release, config, images, containers, networks, volumes, cache };
  return { ...parts, api: routerOf(ports, parts, events) };
}

/** The API over an engine's parts, as a release of Docker has it. */
function routerOf(ports: EnginePorts, parts: Omit<Parts, 'api'>, events: Events): ApiHandler {
  const { release, images, containers, networks, volumes, cache } = parts;
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
    ...systemRoutes(systemBackend(ports, parts, events)),
    ...notYetRoutes(),
  ];
  return createRouter(routes, { onBug: ports.onBug, release, experimental: parts.config.experimental });
}

function systemBackend(
  ports: EnginePorts,
  { release, config, images, containers, volumes, cache }: Omit<Parts, 'api'>,
  events: Events,
): SystemBackend {
  return {
    events,
    facts: async () => ({
      id: engineId(ports),
      config,
      nodeName: ports.nodeName,
      nowMs: ports.clock.now(),
      runtime: await ports.runtime.info(),
      release,
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
