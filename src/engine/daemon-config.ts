/** What the administrator of a Docker host decides about its daemon, as dockerd's flags and daemon.json do. */
export interface DaemonConfig {
  /** The cgroup namespace of containers that do not say which; on cgroup v2 Docker makes one for each. */
  defaultCgroupnsMode: CgroupnsMode;
  /** Where subnets of networks that ask for none come from, instead of Docker's predefined pools. */
  defaultAddressPools?: AddressPool[];
  /** Address and prefix of the default bridge: `192.168.1.1/24`. */
  bip?: string;
}

/** As daemon.json has it: subnets of `size` bits out of `base`. */
export interface AddressPool {
  base: string;
  size: number;
}

export type CgroupnsMode = 'private' | 'host';

export const defaultDaemonConfig: DaemonConfig = { defaultCgroupnsMode: 'private' };
