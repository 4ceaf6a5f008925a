/**
 * `docker create`: checks what is asked, takes over from the image what is not, gives the container an id, a name and
 * its place on the network. Nothing runs yet.
 * Source: moby api/server/router/container; daemon/create.go.
 */
import type { ContainerConfig, HostConfig, Mount as MountSpec } from '../api/types/container.ts';
import { emptyEndpointSettings, type EndpointSettings, type NetworkingConfig } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { hex, newId, shortId } from '../id.ts';
import type { Image } from '../image/image-store.ts';
import { LayerIndexes } from '../image/root-files.ts';
import { endpointProblem } from '../network/validate.ts';
import { treePath } from '../runtime/runtime.ts';
import { completeConfig, completeHostConfig, sortedMap } from './config-document.ts';
import { type Container, makeContainer, type NetworkAttachment } from './container.ts';
import type { Containers } from './containers.ts';
import { checkCommand, commandOf, withImageDefaults } from './image-defaults.ts';
import { mergedLogConfig, validateLogConfig } from './log/options.ts';
import type { Mount } from './mount.ts';
import { mountPoints, releaseVolumes } from './mount-points.ts';
import { registeredLinks } from './links.ts';
import { removeRecords, writeLayerName } from './records.ts';
import { parseSecurityOptions } from './spec/security-options.ts';
import { defaultMaskedPaths, defaultReadonlyPaths } from './spec/spec.ts';
import { fillMountedVolumes, fillVolumes } from './volume-content.ts';
import { copyImage, removeCopy } from './written.ts';
import { checkModes, checkSettings } from './validate-config.ts';

export interface CreateContainer {
  /** Empty: one is made up. */
  name: string;
  config: Partial<ContainerConfig>;
  hostConfig: Partial<HostConfig>;
  networking: NetworkingConfig;
  /** What is read-only is so at its top alone, as clients before API 1.44 expect. */
  readOnlyNonRecursive?: boolean;
  /** The image, when the caller has chosen it; else the one that `config.Image` names. */
  image?: Image;
}

const defaultShmBytes = 64 * 1024 * 1024;

export async function createContainer(
  containers: Containers,
  request: CreateContainer,
): Promise<{ container: Container; warnings: string[] }> {
  const missing = await missingBindSources(containers, request.hostConfig.Mounts ?? []);
  const created = create(containers, request, missing);
  await fillMountedVolumes(containers, created.container);
  containers.logEvent(created.container, 'create');
  return created;
}

function create(
  containers: Containers,
  request: CreateContainer,
  missing: ReadonlySet<string>,
): { container: Container; warnings: string[] } {
  const { images, clock, random, storage, volumes } = containers.ports;
  const config = completeConfig(request.config);
  const hostConfig = completeHostConfig(request.hostConfig);
  const endpoints = defaultNetwork(hostConfig, request.networking);
  checkModes(config, hostConfig);
  const macWarning = moveMacAddress(config, hostConfig, endpoints);
  if (hostConfig.RestartPolicy.Name === '') hostConfig.RestartPolicy.Name = 'no';
  const warnings = checkSettings(config, hostConfig, containers.info, missing);
  const image = request.image ?? (config.Image === '' ? undefined : images.resolve(config.Image));
  checkEndpoints(containers, endpoints);
  adaptSettings(containers, hostConfig);
  const merged = image?.config.config ? completeConfig(withImageDefaults(config, image.config.config)) : config;
  merged.Labels ??= {};
  checkCommand(merged);
  hostConfig.LogConfig = mergedLogConfig(hostConfig.LogConfig, containers.ports.config);
  validateLogConfig(hostConfig.LogConfig);

  const id = newId(random);
  const layerName = hex(random.bytes(32));
  const { driver } = containers.ports.images.ports;
  let mounts: Mount[] = [];
  const name = request.name === '' ? containers.names.generate(id) : containers.names.reserve(request.name, id);
  try {
    merged.Hostname ||= hostConfig.NetworkMode === 'host' ? containers.ports.nodeName : shortId(id);
    parseSecurityOptions(hostConfig.SecurityOpt ?? [], hostConfig.Privileged);
    if (!hostConfig.Privileged) {
      hostConfig.MaskedPaths ??= defaultMaskedPaths;
      hostConfig.ReadonlyPaths ??= defaultReadonlyPaths;
    }
    mounts = mountPoints(volumes, {
      containerId: id,
      config: merged,
      hostConfig,
      readOnlyNonRecursive: request.readOnlyNonRecursive ?? false,
      container: (other) => containers.resolve(other),
      image: (other) => images.resolve(other),
      newTree: () => hex(random.bytes(32)),
    });
    refuseVolumesOverFiles(containers, image, merged, layerName);
    fillVolumes(containers, image, mounts, layerName);
    const { path, args } = commandOf(merged);
    hostConfig.Links = registeredLinks(containers, hostConfig.NetworkMode, hostConfig.Links);
    const container = makeContainer({
      id,
      name,
      createdMs: clock.now(),
      path,
      args,
      config: merged,
      hostConfig,
      imageId: image?.id ?? '',
      os: image?.config.os || 'linux',
      architecture: image?.config.architecture ?? '',
      topLayer: image?.layers.at(-1)?.chainId,
      layerName,
      mounts,
      networks: attachmentsOf(containers, hostConfig, endpoints),
    });
    writeLayerName(storage, container, driver);
    copyImage(containers, container);
    containers.add(container);
    return { container, warnings: [...warnings, ...macWarning] };
  } catch (error) {
    removeRecords(storage, id, driver);
    removeCopy(containers, { layerName });
    releaseVolumes(volumes, mounts, id, true);
    containers.names.release(name);
    throw error;
  }
}

/** Sources of `--mount type=bind` that are not there. */
async function missingBindSources(containers: Containers, specs: readonly MountSpec[]): Promise<Set<string>> {
  const sources = specs.flatMap(({ Type: type, Source: source = '' }) => (type === 'bind' && source.startsWith('/') ? [source] : []));
  const found = await Promise.all(sources.map((source) => containers.ports.runtime.findInNode(source)));
  return new Set(sources.filter((_, index) => !found[index]));
}

/** A volume's content is copied from a directory of the image. Source: moby daemon/create_unix.go. */
function refuseVolumesOverFiles(containers: Containers, image: Image | undefined, config: ContainerConfig, layerName: string): void {
  const paths = Object.keys(config.Volumes ?? {});
  if (paths.length === 0 || !image) return;
  const files = new LayerIndexes(containers.ports.layerTrees).root(image.config.rootfs.diff_ids);
  for (const path of paths) {
    const { path: place, entry } = files.resolve(path);
    if (!entry || entry.type === 'directory') continue;
    throw new EngineError(
      'unknown',
      `cannot mount volume over existing file, file exists ${treePath(layerName, containers.ports.images.ports.driver)}/${place}`,
    );
  }
}

/** `default` is what the daemon has: bridge. @returns endpoint settings by network */
function defaultNetwork(hostConfig: HostConfig, networking: NetworkingConfig): Map<string, EndpointSettings | null> {
  const endpoints = new Map(
    Object.entries(networking.EndpointsConfig ?? {}).map(([name, given]) => [
      name,
      // The engine's own: a given one would be released with this container.
      given && { ...emptyEndpointSettings(), ...given, EndpointID: '' },
    ]),
  );
  if (hostConfig.NetworkMode === '' || hostConfig.NetworkMode === 'default') {
    hostConfig.NetworkMode = 'bridge';
    const settings = endpoints.get('default');
    if (settings !== undefined) {
      endpoints.delete('default');
      endpoints.set('bridge', settings);
    }
  }
  return endpoints;
}

/** The container-wide MAC address of older clients belongs to the main network's endpoint. */
function moveMacAddress(config: ContainerConfig, hostConfig: HostConfig, endpoints: Map<string, EndpointSettings | null>): string[] {
  const mac = config.MacAddress;
  if (!mac) return [];
  delete config.MacAddress;
  const mode = hostConfig.NetworkMode;
  if (mode !== 'host' && mode !== 'none' && !mode.startsWith('container:')) {
    const settings = endpoints.get(mode) ?? emptyEndpointSettings();
    if (settings.MacAddress !== '' && settings.MacAddress !== mac) {
      throw new EngineError(
        'invalid-parameter',
        'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
      );
    }
    endpoints.set(mode, { ...settings, MacAddress: mac });
  }
  return ['The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.'];
}

function checkEndpoints(containers: Containers, endpoints: Map<string, EndpointSettings | null>): void {
  const problems: string[] = [];
  for (const [name, settings] of endpoints) {
    const problem = settings === null ? 'EndpointsConfig is nil' : endpointProblem(containers.ports.networks.find(name), name, settings);
    if (problem) problems.push(`invalid config for network ${name}: ${problem}`);
  }
  if (problems.length > 0) throw new EngineError('invalid-parameter', problems.join('\n'));
}

/** Docker's defaults for what was left open. Source: moby daemon/daemon_unix.go, adaptContainerSettings. */
function adaptSettings(containers: Containers, hostConfig: HostConfig): void {
  if (hostConfig.Memory > 0 && hostConfig.MemorySwap === 0) hostConfig.MemorySwap = hostConfig.Memory * 2;
  const { config } = containers.ports;
  if (hostConfig.ShmSize === 0) hostConfig.ShmSize = config.defaultShmBytes || defaultShmBytes;
  hostConfig.IpcMode ||= config.defaultIpcMode;
  hostConfig.CgroupnsMode ||= config.defaultCgroupnsMode;
  const byId = (mode: string): string => {
    const other = /^container:(.+)$/.exec(mode)?.[1];
    const container = other === undefined ? undefined : containers.find(other);
    return container ? `container:${container.id}` : mode;
  };
  hostConfig.PidMode = byId(hostConfig.PidMode);
  hostConfig.IpcMode = byId(hostConfig.IpcMode);
  hostConfig.NetworkMode = byId(hostConfig.NetworkMode);
  const labelled = (hostConfig.SecurityOpt ?? []).some((option) => option.split('=')[0] === 'label');
  if (!labelled && (hostConfig.IpcMode === 'host' || hostConfig.PidMode === 'host' || hostConfig.Privileged)) {
    hostConfig.SecurityOpt = [...(hostConfig.SecurityOpt ?? []), 'label=disable'];
  }
  hostConfig.OomKillDisable ??= false;
  if (hostConfig.PidsLimit !== null && hostConfig.PidsLimit <= 0) hostConfig.PidsLimit = null;
  if (hostConfig.PortBindings) hostConfig.PortBindings = sortedMap(hostConfig.PortBindings);
}

function attachmentsOf(
  containers: Containers,
  hostConfig: HostConfig,
  endpoints: Map<string, EndpointSettings | null>,
): Map<string, NetworkAttachment> {
  const mode = hostConfig.NetworkMode;
  const attachments = new Map<string, NetworkAttachment>();
  if (mode.startsWith('container:')) return attachments;
  const nameOf = (term: string): string => containers.ports.networks.find(term)?.name ?? term;
  for (const [term, settings] of endpoints) {
    if (settings) attachments.set(nameOf(term), { settings, desiredMac: settings.MacAddress, interfaceName: '' });
  }
  if (attachments.size === 0) attachments.set(nameOf(mode), { settings: emptyEndpointSettings(), desiredMac: '', interfaceName: '' });
  return attachments;
}
