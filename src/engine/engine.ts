/**
 * A Docker Engine: puts its parts together over the ports of a node, and is the only file that knows them all. What it
 * keeps lies in Storage, so that `shutdown` and `start` are a daemon's restart; `save` is for a session that goes on.
 */
import type { ApiHandler } from './api/http.ts';
import { errorAnswer, createRouter } from './api/router.ts';
import { imageRoutes, type ImageBackend } from './api/routes/image.ts';
import { notYetRoutes } from './api/routes/not-yet.ts';
import { systemRoutes } from './api/routes/system.ts';
import { serverVersion } from './api/version.ts';
import { Cancellation } from './cancellation.ts';
import type { Clock } from './clock.ts';
import type { Compression } from './compression.ts';
import type { Crypto } from './crypto.ts';
import { EngineError } from './errors.ts';
import { Events, type EngineEvent } from './events.ts';
import { Filters } from './filters.ts';
import { hex } from './id.ts';
import { imageHistory } from './image/history.ts';
import { Images } from './image/images.ts';
import { importImage } from './image/import.ts';
import { inspectRegistry } from './image/inspect-registry.ts';
import type { LayerTrees } from './image/layer-trees.ts';
import { listImages, namesOf } from './image/list.ts';
import { pruneImages } from './image/prune.ts';
import { pullImage } from './image/pull.ts';
import type { RegistryTransport } from './image/registry-port.ts';
import { removeImage } from './image/remove.ts';
import type { Random } from './random.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Storage } from './storage.ts';

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
  /** Told of what must not happen: a bug in Drydock, found while a request was answered. */
  onBug?: (error: unknown) => void;
}

/** What a session keeps besides Storage. JSON. */
export interface EngineState {
  events: EngineEvent[];
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
  /** Only while it runs. */
  readonly images: Images;
  readonly events: Events;
}

/** @param saved of a session that goes on; else the node starts anew from what Storage has */
export function createEngine(ports: EnginePorts, saved?: EngineState): Engine {
  const events = new Events(ports.clock);
  if (saved) events.restore(saved.events);
  let parts: Parts | undefined;
  let starting: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    const images = await Images.open({ ...ports, events });
    parts = { images, api: createRouter(routesOf(ports, images, events), { onBug: ports.onBug }) };
  };
  const running = (): Parts => {
    if (!parts) throw new EngineError('unavailable', 'the engine is not running');
    return parts;
  };
  return {
    api: async (request) => {
      await starting;
      return parts ? parts.api(request) : errorAnswer(new EngineError('unavailable', 'the engine is not running'));
    },
    start: () => (starting ??= start()),
    shutdown: async () => {
      await starting;
      const stopping = parts;
      parts = undefined;
      starting = undefined;
      events.close();
      await stopping?.images.shutdown();
    },
    save: () => ({ events: events.save() }),
    describe: () => (parts ? `images:\n${parts.images.describe()}` : 'not running'),
    get images() {
      return running().images;
    },
    events,
  };
}

interface Parts {
  images: Images;
  api: ApiHandler;
}

function routesOf(ports: EnginePorts, images: Images, events: Events): Parameters<typeof createRouter>[0] {
  return [
    ...imageRoutes(imageBackend(images)),
    ...systemRoutes({
      events,
      facts: async () => ({
        id: engineId(ports),
        nodeName: ports.nodeName,
        nowMs: ports.clock.now(),
        runtime: await ports.runtime.info(),
        containers: { running: 0, paused: 0, stopped: 0 },
        imageCount: images.store.size,
        eventListenerCount: events.listenerCount,
      }),
      images: () => listImages(images, { filters: new Filters(), countSharedSize: true, countContainers: true }),
      layersSizeBytes: () => [...images.layers.all()].reduce((sum, layer) => sum + layer.sizeBytes, 0),
      containers: () => Promise.resolve([]),
    }),
    ...notYetRoutes(),
  ];
}

function imageBackend(images: Images): ImageBackend {
  return {
    pull: (request) => images.job(request.cancellation, () => pullImage(images, request)),
    import: (archive, options) =>
      images.job(new Cancellation(), () => importImage(images, { archive, dockerVersion: serverVersion, ...options })),
    resolve: (name) => images.resolve(name),
    namesOf: (image) => namesOf(images, image),
    list: (options) => listImages(images, options),
    history: (image) => imageHistory(images, image),
    tag: (image, reference) => images.tag(image, reference),
    remove: (name, options) => removeImage(images, name, options),
    prune: (filters) => pruneImages(images, filters),
    inspectRegistry: (name) => inspectRegistry(images, name),
    shipped: () => images.ports.registry.shipped(),
  };
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
