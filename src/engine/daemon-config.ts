/** What the administrator of a Docker host decides about its daemon, as dockerd's flags and daemon.json do. */
import type { Ulimit } from './api/types/container.ts';
import type { StorageDriver } from './storage-driver.ts';
import type { AddressPools } from './network/default-subnets.ts';

export interface DaemonConfig {
  /** The cgroup namespace of containers that do not say which; on cgroup v2 Docker makes one for each. */
  defaultCgroupnsMode: CgroupnsMode;
  storageDriver: StorageDriver;
  /** Of containers that do not say which. */
  logDriver: string;
  logOptions: Readonly<Record<string, string>>;
  /** Where networks get their subnets that ask for none; undefined: Docker's own. */
  addressPools: AddressPools | undefined;
  /** Address of docker0 with its prefix: `172.17.0.1/16`. */
  bridgeAddress: string | undefined;
  /** Containers on the default bridge reach each other. */
  interContainer: boolean;
  /** Where ports are published that name no address. */
  publishAddress: string;
  dns: readonly string[];
  dnsSearch: readonly string[];
  dnsOptions: readonly string[];
  insecureRegistries: readonly string[];
  registryMirrors: readonly string[];
  liveRestore: boolean;
  labels: readonly string[];
  debug: boolean;
  experimental: boolean;
  /** An init runs in containers that do not say. */
  init: boolean;
  noNewPrivileges: boolean;
  defaultUlimits: readonly Ulimit[];
  /** 0: Docker's own. */
  defaultShmBytes: number;
  defaultIpcMode: 'private' | 'shareable';
  /** How long containers may take to stop when the daemon ends; -1: for ever. */
  shutdownTimeoutSeconds: number;
}

export type CgroupnsMode = 'private' | 'host';

export const defaultDaemonConfig: DaemonConfig = {
  defaultCgroupnsMode: 'private',
  storageDriver: 'overlay2',
  logDriver: 'json-file',
  logOptions: {},
  addressPools: undefined,
  bridgeAddress: undefined,
  interContainer: true,
  publishAddress: '',
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
  insecureRegistries: [],
  registryMirrors: [],
  liveRestore: false,
  labels: [],
  debug: false,
  experimental: false,
  init: false,
  noNewPrivileges: false,
  defaultUlimits: [],
  defaultShmBytes: 0,
  defaultIpcMode: 'private',
  shutdownTimeoutSeconds: 15,
};

const whileRunning = ['debug', 'labels', 'liveRestore', 'insecureRegistries', 'registryMirrors', 'shutdownTimeoutSeconds'] as const;

/** What of a configuration that was read anew counts at once; the rest waits for the next start. Source: moby daemon/reload.go. */
export function reloadable(before: DaemonConfig, now: DaemonConfig): DaemonConfig {
  return { ...before, ...Object.fromEntries(whileRunning.map((key) => [key, now[key]])) };
}

/** Of the event that says so. */
export function reloadAttributes(name: string, config: DaemonConfig): Record<string, string> {
  return {
    debug: String(config.debug),
    'insecure-registries': JSON.stringify(config.insecureRegistries),
    labels: JSON.stringify(config.labels),
    'live-restore': String(config.liveRestore),
    name,
    'registry-mirrors': JSON.stringify(config.registryMirrors),
    'shutdown-timeout': String(config.shutdownTimeoutSeconds),
  };
}
