/**
 * A container's files under /var/lib/docker: `config.v2.json` and `hostconfig.json` with Docker's keys, and the
 * layer's name where Docker keeps it. People look into these files, and a restarted daemon reads them.
 * Source: moby container/container.go and layer/filestore.go.
 */
import type { ContainerConfig, HostConfig } from '../api/types/container.ts';
import type { Storage } from '../storage.ts';
import { imageRoot, type StorageDriver } from '../storage-driver.ts';
import { parseRfc3339, rfc3339Nano, zeroTime } from '../time.ts';
import type { ContainerRecord, NetworkAttachment } from './container.ts';
import { loadedMount, type StoredMount, storedMount } from './mount-record.ts';
import { newState, type State } from './state.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface StoredState {
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  RemovalInProgress: boolean;
  Dead: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  Health: ContainerRecord['health'] | null;
}

interface StoredContainer {
  State: StoredState;
  ID: string;
  Created: string;
  Path: string;
  Args: string[];
  Config: ContainerConfig;
  Image: string;
  ImagePlatform: { architecture: string; os: string };
  NetworkSettings: {
    Bridge: string;
    SandboxKey: string;
    SandboxID: string;
    Networks: Record<string, NetworkAttachment['settings'] & { DesiredMacAddress: string; InterfaceName: string }>;
    Ports: ContainerRecord['ports'];
  };
  LogPath: string;
  Driver: StorageDriver;
  Name: string;
  RestartCount: number;
  HasBeenManuallyStopped: boolean;
  MountPoints: Record<string, StoredMount>;
  HostnamePath: string;
  HostsPath: string;
  ResolvConfPath: string;
}

/** A directory without it is no container's. */
export const configFile = 'config.v2.json';

export function writeContainer(storage: Storage, container: ContainerRecord, driver: StorageDriver): void {
  const { id, paths } = container;
  const stored = {
    StreamConfig: {},
    State: storedState(container),
    ID: id,
    Created: rfc3339Nano(container.createdMs),
    Managed: false,
    Path: container.path,
    Args: container.args,
    Config: container.config,
    Image: container.imageId,
    ImagePlatform: { architecture: container.architecture, os: container.os },
    NetworkSettings: {
      Bridge: '',
      SandboxID: container.sandboxId,
      SandboxKey: sandboxKey(container.sandboxId),
      Networks: Object.fromEntries(
        [...container.networks].map(([name, { settings, desiredMac, interfaceName }]) => [
          name,
          { ...settings, DesiredMacAddress: desiredMac, InterfaceName: interfaceName },
        ]),
      ),
      Ports: container.ports,
    },
    LogPath: paths.log,
    Name: `/${container.name}`,
    Driver: driver,
    OS: container.os,
    RestartCount: container.restartCount,
    HasBeenStartedBefore: container.state.startedMs !== undefined,
    HasBeenManuallyStopped: container.manuallyStopped,
    MountPoints: Object.fromEntries(container.mounts.map((mount) => [mount.destination, storedMount(mount)])),
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    ResolvConfPath: paths.resolvConf,
  } satisfies StoredContainer & Record<string, unknown>;
  const write = (name: string, value: unknown): void =>
    storage.write(`containers/${id}/${name}`, encoder.encode(JSON.stringify(value)), 0o600);
  write(configFile, stored);
  write('hostconfig.json', container.hostConfig);
}

/** Where Docker keeps which of the driver's directories is a container's. */
export function writeLayerName(storage: Storage, { id, layerName, topLayer }: ContainerRecord, driver: StorageDriver): void {
  const directory = layerRecords(driver, id);
  storage.write(`${directory}/mount-id`, encoder.encode(layerName));
  storage.write(`${directory}/init-id`, encoder.encode(`${layerName}-init`));
  if (topLayer !== undefined) storage.write(`${directory}/parent`, encoder.encode(topLayer));
}

export function removeRecords(storage: Storage, id: string, driver: StorageDriver): void {
  storage.remove(`containers/${id}`);
  storage.remove(layerRecords(driver, id));
}

function layerRecords(driver: StorageDriver, id: string): string {
  return `${imageRoot(driver)}/layerdb/mounts/${id}`;
}

/** Oldest first. What cannot be read, or is another driver's, is left where it is and left out, as Docker does. */
export function loadContainers(storage: Storage, driver: StorageDriver): ContainerRecord[] {
  const records: ContainerRecord[] = [];
  for (const id of storage.list('containers')) {
    try {
      const record = loadContainer(storage, id, driver);
      if (record) records.push(record);
    } catch {
      continue;
    }
  }
  return records.sort((a, b) => a.createdMs - b.createdMs);
}

/** Containers that are another driver's. */
export function containersOfOthers(storage: Storage, driver: StorageDriver): string[] {
  return storage.list('containers').filter((id) => {
    const config = storage.read(`containers/${id}/${configFile}`);
    try {
      return config !== undefined && (JSON.parse(decoder.decode(config)) as StoredContainer).Driver !== driver;
    } catch {
      return false;
    }
  });
}

function loadContainer(storage: Storage, id: string, driver: StorageDriver): ContainerRecord | undefined {
  const config = storage.read(`containers/${id}/${configFile}`);
  const hostConfig = storage.read(`containers/${id}/hostconfig.json`);
  const layerName = storage.read(`${layerRecords(driver, id)}/mount-id`);
  const parent = storage.read(`${layerRecords(driver, id)}/parent`);
  if (!config || !hostConfig || !layerName) return undefined;
  const stored = JSON.parse(decoder.decode(config)) as StoredContainer;
  if (stored.ID !== id || stored.Driver !== driver) return undefined;
  return {
    id,
    name: stored.Name.slice(1),
    createdMs: parseRfc3339(stored.Created) ?? 0,
    path: stored.Path,
    args: stored.Args,
    config: stored.Config,
    hostConfig: JSON.parse(decoder.decode(hostConfig)) as HostConfig,
    imageId: stored.Image,
    os: stored.ImagePlatform.os,
    architecture: stored.ImagePlatform.architecture,
    topLayer: parent && decoder.decode(parent),
    layerName: decoder.decode(layerName),
    mounts: Object.values(stored.MountPoints).map(loadedMount),
    networks: new Map(
      Object.entries(stored.NetworkSettings.Networks).map(([name, { DesiredMacAddress, InterfaceName, ...settings }]) => [
        name,
        { settings, desiredMac: DesiredMacAddress, interfaceName: InterfaceName },
      ]),
    ),
    sandboxId: stored.NetworkSettings.SandboxID,
    ports: stored.NetworkSettings.Ports,
    paths: { hostname: stored.HostnamePath, hosts: stored.HostsPath, resolvConf: stored.ResolvConfPath, log: stored.LogPath },
    state: loadedState(stored.State),
    restartCount: stored.RestartCount,
    manuallyStopped: stored.HasBeenManuallyStopped,
    health: stored.State.Health ?? undefined,
  };
}

function storedState({ state, health }: ContainerRecord): StoredState {
  const { status } = state;
  return {
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.oomKilled,
    RemovalInProgress: status === 'removing',
    Dead: status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: timeText(state.startedMs),
    FinishedAt: timeText(state.finishedMs),
    Health: health ?? null,
  };
}

function loadedState(stored: StoredState): State {
  const startedMs = timeOf(stored.StartedAt);
  const status = stored.Paused
    ? 'paused'
    : stored.Restarting
      ? 'restarting'
      : stored.Running
        ? 'running'
        : stored.RemovalInProgress || stored.Dead
          ? 'dead'
          : startedMs === undefined
            ? 'created'
            : 'exited';
  return {
    ...newState,
    status,
    pid: stored.Pid,
    exitCode: stored.ExitCode,
    error: stored.Error,
    oomKilled: stored.OOMKilled,
    startedMs,
    finishedMs: timeOf(stored.FinishedAt),
  };
}

/** Go's zero time stands for never. */
export function timeText(ms: number | undefined): string {
  return ms === undefined ? zeroTime : rfc3339Nano(ms);
}

function timeOf(text: string): number | undefined {
  return text === zeroTime ? undefined : parseRfc3339(text);
}

/** File that names a container's network namespace; empty while it has none. */
export function sandboxKey(sandboxId: string): string {
  return sandboxId === '' ? '' : `/var/run/docker/netns/${sandboxId.slice(0, 12)}`;
}
