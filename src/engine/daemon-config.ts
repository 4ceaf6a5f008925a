/** What the administrator of a Docker host decides about its daemon, as dockerd's flags and daemon.json do. */
export interface DaemonConfig {
  /** The cgroup namespace of containers that do not say which; on cgroup v2 Docker makes one for each. */
  defaultCgroupnsMode: CgroupnsMode;
}

export type CgroupnsMode = 'private' | 'host';

export const defaultDaemonConfig: DaemonConfig = { defaultCgroupnsMode: 'private' };
