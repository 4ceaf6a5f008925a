/** What the API's routes ask of the engine's parts: one call each. */
import type { ContainerArchiveBackend } from './api/routes/container-archive.ts';
import type { ContainerLayerBackend } from './api/routes/container-layer.ts';
import type { ContainerBackend } from './api/routes/container.ts';
import type { ExecBackend } from './api/routes/exec.ts';
import type { ImageArchiveBackend } from './api/routes/image-archive.ts';
import type { ImageBackend } from './api/routes/image.ts';
import type { RegistryBackend } from './api/routes/registry.ts';
import type { NetworkBackend } from './api/routes/network.ts';
import type { VolumeBackend } from './api/routes/volume.ts';
import { applyChanges } from './build/changes.ts';
import { Cancellation } from './cancellation.ts';
import { archivePath, extractArchive, statPath } from './container/archive.ts';
import { attachContainer } from './container/attach.ts';
import { containerChanges } from './container/changes.ts';
import { commitContainer } from './container/commit.ts';
import type { Containers } from './container/containers.ts';
import { createContainer } from './container/create.ts';
import { createExec } from './container/exec/create.ts';
import { inspectExec } from './container/exec/inspect.ts';
import { resizeExec } from './container/exec/resize.ts';
import { activeExec, startExecAttached, startExecDetached } from './container/exec/start.ts';
import { exportContainer } from './container/export.ts';
import { inspectContainer } from './container/inspect.ts';
import { killContainer } from './container/kill.ts';
import { listContainers } from './container/list.ts';
import { containerLogs } from './container/logs.ts';
import { connectToNetwork, disconnectFromNetwork } from './container/network-membership.ts';
import { pauseContainer } from './container/pause.ts';
import { pruneContainers } from './container/prune.ts';
import { removeContainer } from './container/remove.ts';
import { renameContainer } from './container/rename.ts';
import { resizeContainer } from './container/resize.ts';
import { restartContainer } from './container/restart.ts';
import { startContainer } from './container/start.ts';
import { containerStats } from './container/stats.ts';
import { stopContainer } from './container/stop.ts';
import { topContainer } from './container/top.ts';
import { unpauseContainer } from './container/unpause.ts';
import { updateContainer } from './container/update.ts';
import { waitForContainer } from './container/wait.ts';
import { imageHistory } from './image/history.ts';
import type { EngineRelease } from './engine-release.ts';
import type { Images } from './image/images.ts';
import { importImage } from './image/import.ts';
import { inspectRegistry, registryManifest } from './image/inspect-registry.ts';
import { listImages, namesOf } from './image/list.ts';
import { loadImages } from './image/load.ts';
import { pruneImages } from './image/prune.ts';
import { loginToRegistry } from './image/login.ts';
import { pullImage } from './image/pull.ts';
import { pushImage } from './image/push.ts';
import { removeImage } from './image/remove.ts';
import { searchImages } from './image/search.ts';
import { saveImages } from './image/save.ts';
import { createNetwork } from './network/create.ts';
import { inspectNetwork, listNetworks } from './network/inspect.ts';
import type { Networks } from './network/networks.ts';
import { pruneNetworks, removeNetwork } from './network/remove.ts';
import type { RunConfig } from './oci/image-config.ts';
import { type Volumes, wireVolume } from './volume/volumes.ts';

export function imageBackend(images: Images, release: EngineRelease): ImageBackend {
  return {
    pull: (request) => images.job(request.cancellation, () => pullImage(images, request)),
    import: (archive, { changes, ...options }) =>
      images.job(new Cancellation(), () =>
        importImage(images, { archive, dockerVersion: release.version, config: applyChanges({}, changes), ...options }),
      ),
    resolve: (name) => images.resolve(name),
    driver: images.ports.driver,
    namesOf: (image) => namesOf(images, image),
    list: (options) => listImages(images, options),
    history: (image) => imageHistory(images, image),
    tag: (image, reference) => images.tag(image, reference),
    remove: (name, options) => removeImage(images, name, options),
    prune: (filters) => pruneImages(images, filters),
  };
}

export function registryBackend(images: Images): RegistryBackend {
  return {
    push: (request) => images.job(request.cancellation, () => pushImage(images, request)),
    login: (request) => loginToRegistry(images, request),
    search: (request) => searchImages(images, request),
    inspectRegistry: (name, credentials) => inspectRegistry(images, name, credentials),
    registryManifest: (name, credentials) => registryManifest(images, name, credentials),
  };
}

export function imageArchiveBackend(images: Images): ImageArchiveBackend {
  return {
    save: (names) => saveImages(images, names),
    load: (request) => images.job(new Cancellation(), () => loadImages(images, request)),
  };
}

export function containerArchiveBackend(containers: Containers): ContainerArchiveBackend {
  return {
    statPath: (name, path) => statPath(containers, name, path),
    archivePath: (name, path) => archivePath(containers, name, path),
    extractArchive: (name, path, options, body) => extractArchive(containers, name, path, options, body),
  };
}

export function containerLayerBackend(containers: Containers): ContainerLayerBackend {
  const { images } = containers.ports;
  return {
    changes: (name) => containerChanges(containers, name),
    export: (name) => exportContainer(containers, name),
    commit: async (name, { changes, ...request }) => {
      const edit = (config: RunConfig): RunConfig => applyChanges(config, changes);
      return (await images.job(new Cancellation(), () => commitContainer(containers, name, { ...request, edit }))).id;
    },
  };
}

export function containerBackend(containers: Containers): ContainerBackend {
  return {
    list: (options) => listContainers(containers, options),
    create: async (request) => {
      const { container, warnings } = await createContainer(containers, request);
      return { id: container.id, warnings };
    },
    inspect: (name, options) => inspectContainer(containers, name, options),
    start: (name) => startContainer(containers, name),
    stop: (name, options) => stopContainer(containers, name, options),
    restart: (name, options) => restartContainer(containers, name, options),
    kill: (name, signal) => killContainer(containers, name, signal),
    pause: (name) => pauseContainer(containers, name),
    unpause: (name) => unpauseContainer(containers, name),
    rename: (name, newName) => renameContainer(containers, name, newName),
    remove: (name, options) => removeContainer(containers, name, options),
    resize: (name, size) => resizeContainer(containers, name, size),
    update: (name, request) => updateContainer(containers, name, request),
    top: (name, psArgs) => topContainer(containers, name, psArgs),
    stats: (name, options) => containerStats(containers, name, options),
    wait: (name, condition) => waitForContainer(containers, name, condition),
    attach: (name, options) => attachContainer(containers, name, options),
    logs: (name, options) => containerLogs(containers, name, options),
    prune: (filters) => pruneContainers(containers, filters),
  };
}

export function execBackend(containers: Containers): ExecBackend {
  return {
    create: (container, request) => createExec(containers, container, request).id,
    check: (id) => void activeExec(containers, id),
    startDetached: (id, options) => startExecDetached(containers, id, options),
    startAttached: (id, options, connection) => startExecAttached(containers, id, options, connection),
    inspect: (id) => inspectExec(containers, id),
    resize: (id, size) => resizeExec(containers, id, size),
  };
}

export function networkBackend(networks: Networks, containers: Containers): NetworkBackend {
  return {
    list: (filters, detailed) => listNetworks(networks, filters).map((network) => inspectNetwork(network, detailed)),
    inspect: (name) => inspectNetwork(networks.resolve(name), true),
    create: async (request) => (await createNetwork(networks, request)).id,
    connect: (name, request) => connectToNetwork(containers, request.Container, networks.resolve(name).id, request.EndpointConfig ?? {}),
    disconnect: (name, request) =>
      disconnectFromNetwork(containers, request.Container, networks.resolve(name).id, { force: request.Force }),
    remove: (name) => removeNetwork(networks, networks.resolve(name)),
    prune: (filters) => pruneNetworks(networks, filters),
  };
}

export function volumeBackend(volumes: Volumes): VolumeBackend {
  return {
    list: (filters) => volumes.list(filters).map(wireVolume),
    get: (name) => wireVolume(volumes.get(name)),
    create: (request) => wireVolume(volumes.create(request)),
    remove: (name) => volumes.remove(name),
    prune: (filters) => volumes.prune(filters),
  };
}
