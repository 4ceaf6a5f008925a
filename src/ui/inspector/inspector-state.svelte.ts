/**
 * What the inspector shows of a node: containers, networks, volumes, images and the layers of one of them. Asked
 * of the Engine API once, and again for whatever an event is about; nothing is polled.
 */
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import type { ImageHistoryItem, ImageInspect, ImageSummary } from '#engine/api/types/image.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { Volume } from '#engine/api/types/volume.ts';
import type { EngineView } from '#lessons/engine-view.ts';
import { nameOfContainer } from './containers.ts';
import { Ships } from './ships.ts';

/** How long a removed container stays, struck through. */
const goneMs = 4000;

export interface Layer {
  /** What made it: `COPY . .`. */
  by: string;
  /** Exactly, as `docker history` counts. */
  sizeBytes: number;
  /** Digest of the layer's files; undefined for a step that changed none. */
  diffId: string | undefined;
}

export interface LayerStack {
  image: string;
  imageId: string;
  sizeBytes: number;
  /** Topmost first. */
  layers: Layer[];
  /** The container on top, when one is picked. */
  container?: { name: string; writableBytes: number | undefined };
}

export class InspectorState {
  containers = $state.raw<readonly ContainerSummary[]>([]);
  /** Removed a moment ago. */
  gone = $state.raw<readonly ContainerSummary[]>([]);
  networks = $state.raw<readonly NetworkInspect[]>([]);
  volumes = $state.raw<readonly Volume[]>([]);
  images = $state.raw<readonly ImageSummary[]>([]);
  stack = $state.raw<LayerStack | undefined>();
  /** Container whose layers are shown; the newest when undefined. */
  pickedId = $state<string | undefined>();
  /** Image whose layers are shown instead. */
  pickedImageId = $state<string | undefined>();
  /** False until the engine has answered once. */
  known = $state(false);
  readonly ships = new Ships();
  #engine: EngineView | undefined;
  #reading: Promise<void> | undefined;
  #stale = false;
  #seenEvents = 0;

  watch(engine: EngineView | undefined): void {
    this.#engine = engine;
    this.known = false;
    this.#seenEvents = 0;
    this.gone = [];
    if (!engine) {
      this.containers = [];
      this.networks = [];
      this.volumes = [];
      this.images = [];
      this.stack = undefined;
      return;
    }
    engine.onEvent(() => this.refresh());
    this.refresh();
  }

  pick(containerId: string): void {
    this.pickedImageId = undefined;
    this.pickedId = containerId;
    this.refresh();
  }

  pickImage(imageId: string): void {
    this.pickedImageId = imageId;
    this.refresh();
  }

  /** Reads again, soon; calls while reading lead to one more reading. */
  refresh(): void {
    this.#stale = true;
    this.#reading ??= this.#readUntilFresh().finally(() => (this.#reading = undefined));
  }

  async #readUntilFresh(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      const engine = this.#engine;
      if (!engine) return;
      try {
        await this.#read(engine);
      } catch {
        // The engine is stopped; its next event brings us back.
      }
    }
  }

  async #read(engine: EngineView): Promise<void> {
    const fresh = engine.events.slice(this.#seenEvents);
    this.#seenEvents = engine.events.length;
    const about = (type: string) => !this.known || fresh.some((event) => event.Type === type);
    const [containers, networks, images, usage] = await Promise.all([
      engine.get<ContainerSummary[]>('/containers/json', { all: '1' }),
      about('network') ? engine.get<NetworkInspect[]>('/networks') : this.networks,
      about('image') ? engine.get<ImageSummary[]>('/images/json') : this.images,
      about('volume') || about('container')
        ? engine.get<{ Volumes?: Volume[] | null }>('/system/df', { type: 'volume' })
        : { Volumes: [...this.volumes] },
    ]);
    if (engine !== this.#engine) return;
    this.#noteGone(containers ?? []);
    this.containers = containers ?? [];
    this.networks = networks ?? [];
    this.volumes = usage?.Volumes ?? [];
    this.images = images ?? [];
    this.known = true;
    await this.#readStack(engine);
  }

  #noteGone(now: readonly ContainerSummary[]): void {
    const removed = this.containers.filter((was) => !now.some((one) => one.Id === was.Id));
    if (removed.length === 0) return;
    this.gone = [...this.gone, ...removed];
    setTimeout(() => (this.gone = this.gone.filter((one) => !removed.includes(one))), goneMs);
  }

  async #readStack(engine: EngineView): Promise<void> {
    const picked = this.images.find((one) => one.Id === this.pickedImageId);
    const container = picked ? undefined : (this.containers.find((one) => one.Id === this.pickedId) ?? this.containers[0]);
    const image = picked?.Id ?? container?.ImageID ?? this.images[0]?.Id;
    if (image === undefined) {
      this.stack = undefined;
      return;
    }
    const [history, details, inspected] = await Promise.all([
      engine.get<ImageHistoryItem[]>(`/images/${image}/history`),
      engine.get<ImageInspect>(`/images/${image}/json`),
      container && engine.get<ContainerInspect>(`/containers/${container.Id}/json`, { size: '1' }),
    ]);
    if (engine !== this.#engine) return;
    const layers = layersOf(history ?? [], details?.RootFS.Layers ?? []);
    this.stack = {
      imageId: image,
      image: container?.Image ?? nameOfImage(this.images.find((one) => one.Id === image)) ?? image,
      sizeBytes: layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
      layers,
      container: container && { name: nameOfContainer(container), writableBytes: inspected?.SizeRw },
    };
  }
}

/**
 * @param history newest first
 * @param diffIds bottom first
 */
export function layersOf(history: readonly ImageHistoryItem[], diffIds: readonly string[]): Layer[] {
  const layers = history.map((item): Layer => ({ by: madeBy(item.CreatedBy), sizeBytes: item.Size, diffId: undefined }));
  // Which step made which layer is not told; those with a size made one, and if these are all, it is known.
  const filled = layers.filter(({ sizeBytes }) => sizeBytes > 0);
  if (filled.length === diffIds.length) for (const [at, layer] of filled.entries()) layer.diffId = diffIds[filled.length - 1 - at];
  return layers;
}

export function nameOfImage(image: ImageSummary | undefined): string | undefined {
  return image && (image.RepoTags?.[0] ?? image.Id.replace('sha256:', '').slice(0, 12));
}

/** An instruction as its author wrote it, without the classic builder's wrapping. */
export function madeBy(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^(RUN )?\/bin\/sh -c /, 'RUN ')
    .replace(/\s*# buildkit$/, '')
    .replace(/\s+/g, ' ')
    .trim();
}
