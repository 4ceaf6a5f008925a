/**
 * `docker info` as text: what is not known, or empty, is left out, as Docker does.
 * Source: docker/cli cli/command/system/info.go, prettyPrintServerInfo.
 */
import type { Info } from '#engine/api/types/system.ts';
import { quote } from '#engine/go-quote.ts';
import { compareStrings } from '../format/gotemplate/value.ts';
import { humanDuration } from '../units/duration.ts';
import { bytesSize } from '../units/size.ts';

/** What some daemons add: a swarm's state, pools, devices. */
export type FullInfo = Info & {
  SystemStatus?: [string, string][] | null;
  DefaultAddressPools?: { Base: string; Size: number }[] | null;
  DiscoveredDevices?: { Source: string; ID: string }[] | null;
  ProductLicense?: string;
};

export interface ServerInfoText {
  text: string;
  /** Lines about what cannot be read, for standard error. */
  errors: string[];
}

/** What stands below `Server:`. @param debug the client wants to see what the daemon shows in its debug mode */
export function serverInfoText(info: FullInfo, debug: boolean): ServerInfoText {
  const lines = new Lines();
  const errors: string[] = [];
  lines.add(0, `Containers: ${info.Containers}`);
  lines.add(1, `Running: ${info.ContainersRunning}`);
  lines.add(1, `Paused: ${info.ContainersPaused}`);
  lines.add(1, `Stopped: ${info.ContainersStopped}`);
  lines.add(0, `Images: ${info.Images}`);
  lines.addUnlessEmpty('Server Version', info.ServerVersion);
  lines.addUnlessEmpty('Storage Driver', info.Driver);
  for (const [name, value] of info.DriverStatus ?? []) lines.add(1, `${name}: ${value}`);
  for (const [name, value] of info.SystemStatus ?? []) lines.add(0, `${name}: ${value}`);
  lines.addUnlessEmpty('Logging Driver', info.LoggingDriver);
  lines.addUnlessEmpty('Cgroup Driver', info.CgroupDriver);
  lines.addUnlessEmpty('Cgroup Version', info.CgroupVersion ?? '');
  addPlugins(lines, info);
  addDirectories(lines, info);
  lines.add(0, `Swarm: ${info.Swarm?.LocalNodeState ?? ''}`);
  addSwarm(lines, info);
  addRuntimes(lines, info);
  const problem = addSecurity(lines, info);
  if (problem !== undefined) errors.push(problem);
  addHost(lines, info, debug);
  addNetworkAccess(lines, info);
  return { text: lines.text, errors };
}

function addPlugins(lines: Lines, { Plugins }: FullInfo): void {
  lines.add(0, 'Plugins:');
  lines.add(1, `Volume: ${(Plugins?.Volume ?? []).join(' ')}`);
  lines.add(1, `Network: ${(Plugins?.Network ?? []).join(' ')}`);
  if ((Plugins?.Authorization ?? []).length > 0) lines.add(1, `Authorization: ${(Plugins.Authorization ?? []).join(' ')}`);
  lines.add(1, `Log: ${(Plugins?.Log ?? []).join(' ')}`);
}

function addDirectories(lines: Lines, info: FullInfo): void {
  const directories = info.CDISpecDirs ?? [];
  if (directories.length > 0) lines.addList('CDI spec directories:', directories);
  const devices = info.DiscoveredDevices ?? [];
  if (devices.length > 0) {
    lines.addList(
      'Discovered Devices:',
      devices.map(({ Source, ID }) => `${Source}: ${ID}`),
    );
  }
}

interface Cluster {
  ID: string;
  Spec: {
    Orchestration: { TaskHistoryRetentionLimit?: number };
    Raft: { SnapshotInterval: number; KeepOldSnapshots?: number; HeartbeatTick: number; ElectionTick: number };
    Dispatcher: { HeartbeatPeriod: number };
    CAConfig: {
      NodeCertExpiry: number;
      ForceRotate?: number;
      ExternalCAs?: { Protocol: string; URL: string }[];
      SigningCACert?: string;
    };
    EncryptionConfig: { AutoLockManagers: boolean };
  };
  RootRotationInProgress: boolean;
  DefaultAddrPool?: string[];
  SubnetSize?: number;
  DataPathPort?: number;
}

function addSwarm(lines: Lines, info: FullInfo): void {
  const swarm = info.Swarm as FullInfo['Swarm'] & { Cluster?: Cluster | null };
  if (!swarm || swarm.LocalNodeState === 'inactive' || swarm.LocalNodeState === 'locked') return;
  lines.add(1, `NodeID: ${swarm.NodeID}`);
  if (swarm.Error) lines.add(1, `Error: ${swarm.Error}`);
  lines.add(1, `Is Manager: ${swarm.ControlAvailable}`);
  const cluster = swarm.Cluster;
  if (cluster && swarm.ControlAvailable && swarm.Error === '' && swarm.LocalNodeState !== 'error') {
    lines.add(1, `ClusterID: ${cluster.ID}`);
    lines.add(1, `Managers: ${swarm.Managers ?? 0}`);
    lines.add(1, `Nodes: ${swarm.Nodes ?? 0}`);
    addCluster(lines, cluster);
  }
  lines.add(1, `Node Address: ${swarm.NodeAddr}`);
  const managers = (swarm.RemoteManagers ?? []).map(({ Addr }) => Addr).sort(compareStrings);
  if (managers.length > 0) {
    lines.add(1, 'Manager Addresses:');
    for (const address of managers) lines.add(2, address);
  }
}

function addCluster(lines: Lines, cluster: Cluster): void {
  const { Orchestration, Raft, Dispatcher, CAConfig, EncryptionConfig } = cluster.Spec;
  const pools = cluster.DefaultAddrPool ?? [];
  if (pools.length > 0) lines.add(1, `Default Address Pool: ${pools.map((pool) => `${pool}  `).join('')}`);
  if (pools.length > 0) lines.add(1, `SubnetSize: ${cluster.SubnetSize ?? 0}`);
  if (cluster.DataPathPort) lines.add(1, `Data Path Port: ${cluster.DataPathPort}`);
  lines.add(1, 'Orchestration:');
  lines.add(2, `Task History Retention Limit: ${Orchestration.TaskHistoryRetentionLimit ?? 0}`);
  lines.add(1, 'Raft:');
  lines.add(2, `Snapshot Interval: ${Raft.SnapshotInterval}`);
  if (Raft.KeepOldSnapshots !== undefined) lines.add(2, `Number of Old Snapshots to Retain: ${Raft.KeepOldSnapshots}`);
  lines.add(2, `Heartbeat Tick: ${Raft.HeartbeatTick}`);
  lines.add(2, `Election Tick: ${Raft.ElectionTick}`);
  lines.add(1, 'Dispatcher:');
  lines.add(2, `Heartbeat Period: ${humanDuration(Dispatcher.HeartbeatPeriod / 1e6)}`);
  lines.add(1, 'CA Configuration:');
  lines.add(2, `Expiry Duration: ${humanDuration(CAConfig.NodeCertExpiry / 1e6)}`);
  lines.add(2, `Force Rotate: ${CAConfig.ForceRotate ?? 0}`);
  if (CAConfig.SigningCACert) lines.add(2, `Signing CA Certificate: \n${CAConfig.SigningCACert.trim()}\n`);
  if ((CAConfig.ExternalCAs ?? []).length > 0) {
    lines.add(2, 'External CAs:');
    for (const { Protocol, URL } of CAConfig.ExternalCAs ?? []) lines.add(4, `${Protocol}: ${URL}`);
  }
  lines.add(1, `Autolock Managers: ${EncryptionConfig.AutoLockManagers}`);
  lines.add(1, `Root Rotation In Progress: ${cluster.RootRotationInProgress}`);
}

function addRuntimes(lines: Lines, info: FullInfo): void {
  const names = Object.keys(info.Runtimes ?? {});
  if (names.length > 0) {
    lines.add(0, `Runtimes: ${names.join(' ')}`);
    lines.add(0, `Default Runtime: ${info.DefaultRuntime}`);
  }
  if (info.OSType === 'windows') lines.add(0, `Default Isolation: ${info.Isolation}`);
  if (info.OSType !== 'linux') return;
  lines.add(0, `Init Binary: ${info.InitBinary}`);
  lines.add(0, `containerd version: ${info.ContainerdCommit?.ID ?? ''}`);
  lines.add(0, `runc version: ${info.RuncCommit?.ID ?? ''}`);
  lines.add(0, `init version: ${info.InitCommit?.ID ?? ''}`);
}

/** @returns what is wrong with an option that cannot be read */
function addSecurity(lines: Lines, info: FullInfo): string | undefined {
  const options = info.SecurityOptions ?? [];
  if (info.OSType !== 'linux' || options.length === 0) return undefined;
  const parsed: { name: string; pairs: [string, string][] }[] = [];
  for (const option of options) {
    if (!option.includes('=')) {
      parsed.push({ name: option, pairs: [] });
      continue;
    }
    let name = '';
    const pairs: [string, string][] = [];
    for (const part of option.split(',')) {
      const [key = '', value] = part.split(/=(.*)/s);
      if (value === undefined) return `invalid security option ${quote(part)}`;
      if (key === '' || value === '') return 'invalid empty security option';
      if (key === 'name') name = value;
      else pairs.push([key, value]);
    }
    parsed.push({ name, pairs });
  }
  lines.add(0, 'Security Options:');
  for (const { name, pairs } of parsed) {
    lines.add(1, name);
    for (const [key, value] of pairs) if (key === 'profile') lines.add(2, `Profile: ${value}`);
  }
  return undefined;
}

function addHost(lines: Lines, info: FullInfo, debug: boolean): void {
  lines.addUnlessEmpty('Kernel Version', info.KernelVersion);
  lines.addUnlessEmpty('Operating System', info.OperatingSystem);
  lines.addUnlessEmpty('OSType', info.OSType);
  lines.addUnlessEmpty('Architecture', info.Architecture);
  lines.add(0, `CPUs: ${info.NCPU}`);
  lines.add(0, `Total Memory: ${bytesSize(info.MemTotal)}`);
  lines.addUnlessEmpty('Name', info.Name);
  lines.addUnlessEmpty('ID', info.ID);
  lines.add(0, `Docker Root Dir: ${info.DockerRootDir}`);
  lines.add(0, `Debug Mode: ${info.Debug}`);
  if (info.Debug || debug) {
    lines.add(1, `File Descriptors: ${info.NFd}`);
    lines.add(1, `Goroutines: ${info.NGoroutines}`);
    lines.add(1, `System Time: ${info.SystemTime}`);
    lines.add(1, `EventsListeners: ${info.NEventsListener}`);
  }
}

function addNetworkAccess(lines: Lines, info: FullInfo): void {
  lines.addUnlessEmpty('HTTP Proxy', info.HttpProxy);
  lines.addUnlessEmpty('HTTPS Proxy', info.HttpsProxy);
  lines.addUnlessEmpty('No Proxy', info.NoProxy);
  if ((info.Labels ?? []).length > 0) lines.addList('Labels:', info.Labels);
  lines.add(0, `Experimental: ${info.ExperimentalBuild}`);
  const registries = info.RegistryConfig;
  const insecure = Object.values(registries?.IndexConfigs ?? {})
    .filter(({ Secure }) => !Secure)
    .map(({ Name }) => Name);
  const all = [...insecure, ...(registries?.InsecureRegistryCIDRs ?? [])];
  if (all.length > 0) lines.addList('Insecure Registries:', all);
  if ((registries?.Mirrors ?? []).length > 0) lines.addList('Registry Mirrors:', registries?.Mirrors ?? []);
  lines.add(0, `Live Restore Enabled: ${info.LiveRestoreEnabled}`);
  lines.addUnlessEmpty('Product License', info.ProductLicense ?? '');
  const pools = info.DefaultAddressPools ?? [];
  if (pools.length > 0) {
    lines.add(0, 'Default Address Pools:');
    for (const { Base, Size } of pools) lines.add(2, `Base: ${Base}, Size: ${Size}`);
  }
  lines.blank();
}

class Lines {
  text = '';

  /** @param depth blanks before the line, less the one that all have */
  add(depth: number, line: string): void {
    this.text += `${' '.repeat(depth + 1)}${line}\n`;
  }

  addUnlessEmpty(name: string, value: string): void {
    if (value) this.add(0, `${name}: ${value}`);
  }

  addList(title: string, values: readonly string[]): void {
    this.add(0, title);
    for (const value of values) this.add(1, value);
  }

  blank(): void {
    this.text += '\n';
  }
}
