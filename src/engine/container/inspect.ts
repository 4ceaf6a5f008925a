/** `docker inspect` of a container, key by key in Docker's order. Source: moby daemon/inspect.go. */
import { emptyEndpointSettings } from '../api/types/network.ts';
import type { ContainerInspect, ContainerState, NetworkSettings } from '../api/types/container.ts';
import type { EngineRelease } from '../engine-release.ts';
import { rfc3339Nano } from '../time.ts';
import { completeConfig } from './config-document.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { shownLinks } from './links.ts';
import { wireMount } from './mount.ts';
import { sandboxKey, timeText } from './records.ts';
import { shownNetworks } from './shown-networks.ts';
import { writtenBytes } from './written.ts';

export async function inspectContainer(containers: Containers, name: string, { size }: { size: boolean }): Promise<ContainerInspect> {
  const container = containers.resolve(name);
  const sizes = size ? await sizesOf(containers, container) : undefined;
  const { paths } = container;
  const { driver } = containers.ports.images.ports;
  const execs = [...container.live.execs.values()].filter((exec) => exec.exitCode === undefined).map((exec) => exec.id);
  return {
    Id: container.id,
    Created: rfc3339Nano(container.createdMs),
    Path: container.path,
    Args: container.args,
    State: stateOf(container),
    Image: container.imageId,
    ResolvConfPath: paths.resolvConf,
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    LogPath: paths.log,
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: driver,
    Platform: container.os,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: execs.length > 0 ? execs : null,
    HostConfig: { ...container.hostConfig, Links: shownLinks(containers, container) },
    GraphDriver: { Data: driver === 'overlay2' ? directoriesOf(containers, container) : null, Name: driver },
    ...(sizes ? { SizeRw: sizes.writableBytes, SizeRootFs: sizes.totalBytes } : {}),
    Mounts: container.mounts.map(wireMount),
    Config: configOf(container),
    NetworkSettings: networkSettingsOf(container, containers.ports.release),
  };
}

/** Bytes the container wrote, and those with its image. */
export async function sizesOf(containers: Containers, container: Container): Promise<{ writableBytes: number; totalBytes: number }> {
  const writableBytes = await writtenBytes(containers, container);
  return { writableBytes, totalBytes: writableBytes + layersOf(containers, container).reduce((sum, layer) => sum + layer.sizeBytes, 0) };
}

function layersOf(containers: Containers, { topLayer }: Container): { cacheId: string; sizeBytes: number }[] {
  return containers.ports.images.layers.chain(topLayer) ?? [];
}

function stateOf({ state, health }: Container): ContainerState {
  const { status } = state;
  return {
    Status: status,
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: timeText(state.startedMs),
    FinishedAt: timeText(state.finishedMs),
    ...(health ? { Health: { Status: health.status, FailingStreak: health.failingStreak, Log: health.log } } : {}),
  };
}

function directoriesOf(containers: Containers, container: Container): Record<string, string> {
  const directory = (name: string): string => `/var/lib/docker/overlay2/${name}`;
  const own = directory(container.layerName);
  const lower = [
    `${container.layerName}-init`,
    ...layersOf(containers, container)
      .map(({ cacheId }) => cacheId)
      .reverse(),
  ];
  return {
    ID: container.id,
    LowerDir: lower.map((name) => `${directory(name)}/diff`).join(':'),
    MergedDir: `${own}/merged`,
    UpperDir: `${own}/diff`,
    WorkDir: `${own}/work`,
  };
}

/** The hardware address asked for is shown here as well, for older clients. */
function configOf({ config, hostConfig, networks }: Container): ContainerInspect['Config'] {
  const mode = hostConfig.NetworkMode;
  if (mode === 'host' || mode === 'none' || mode.startsWith('container:')) return config;
  const mac = networks.get(mode)?.desiredMac;
  return mac ? completeConfig({ ...config, MacAddress: mac }) : config;
}

function networkSettingsOf(container: Container, release: EngineRelease): NetworkSettings {
  const onBridge = container.networks.get('bridge')?.settings ?? emptyEndpointSettings();
  return {
    Bridge: '',
    SandboxID: container.sandboxId,
    SandboxKey: sandboxKey(container.sandboxId),
    Ports: container.ports,
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: onBridge.EndpointID,
    Gateway: onBridge.Gateway,
    GlobalIPv6Address: onBridge.GlobalIPv6Address,
    GlobalIPv6PrefixLen: onBridge.GlobalIPv6PrefixLen,
    IPAddress: onBridge.IPAddress,
    IPPrefixLen: onBridge.IPPrefixLen,
    IPv6Gateway: onBridge.IPv6Gateway,
    MacAddress: onBridge.MacAddress,
    Networks: shownNetworks(container, release),
  };
}
