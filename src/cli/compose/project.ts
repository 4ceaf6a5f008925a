/**
 * A Compose project as loaded: every file merged, variables replaced, short forms expanded, defaults set. Keys are those
 * of the Compose specification; values are what a program wants (bytes and nanoseconds as numbers), and
 * `load/shape.ts` knows how each is read and written.
 *
 * A key that is absent has its type's zero value (`''`, 0, false, nothing in it); where "not said" means something
 * else than the zero value, the field's comment says so. Extensions (`x-…`) of an object are under `extensions`.
 */

export interface Project {
  name: string;
  /** Active services. */
  services: Record<string, ComposeService>;
  networks: Record<string, ComposeNetwork>;
  volumes: Record<string, ComposeVolume>;
  secrets: Record<string, FileObject>;
  configs: Record<string, FileObject>;
  extensions: Extensions;
  /** Absolute: relative paths of the files are resolved against it. */
  workingDirectory: string;
  /** Absolute, in the order in which they were merged. */
  composeFiles: string[];
  /** The environment for `${…}`: the process's, then that of `.env` or `--env-file`. */
  environment: Record<string, string>;
  /** Services that no active profile has, or that were not selected. */
  disabledServices: Record<string, ComposeService>;
  /** Active profiles. */
  profiles: string[];
}

export type Extensions = Record<string, unknown>;

export interface Extensible {
  extensions?: Extensions;
}

/** Nanoseconds. */
export type Nanoseconds = number;
/** A value of null is a name without a value: `environment: [NAME]` where NAME is set nowhere. */
export type MappingWithNull = Record<string, string | null>;

export interface ComposeService extends Extensible {
  name: string;
  profiles?: string[];
  annotations?: Record<string, string>;
  /** Unless said, attached. */
  attach?: boolean;
  build?: BuildConfig;
  develop?: DevelopConfig;
  blkio_config?: BlkioConfig;
  cap_add?: string[];
  cap_drop?: string[];
  cgroup_parent?: string;
  cgroup?: string;
  cpu_count?: number;
  cpu_percent?: number;
  cpu_period?: number;
  cpu_quota?: number;
  cpu_rt_period?: number;
  cpu_rt_runtime?: number;
  cpus?: number;
  cpuset?: string;
  cpu_shares?: number;
  /** Absent is the image's; an empty list clears the image's. */
  command?: string[];
  configs?: FileReference[];
  container_name?: string;
  credential_spec?: CredentialSpec;
  depends_on?: Record<string, ServiceDependency>;
  deploy?: DeployConfig;
  device_cgroup_rules?: string[];
  devices?: DeviceMapping[];
  dns?: string[];
  dns_opt?: string[];
  dns_search?: string[];
  dockerfile?: string;
  domainname?: string;
  /** Absent is the image's; an empty list clears the image's. */
  entrypoint?: string[];
  provider?: ServiceProvider;
  /** Resolved: of `env_file`, of the file, of the environment. */
  environment?: MappingWithNull;
  /** Absent in a loaded project, whose `environment` has their values. */
  env_file?: EnvFile[];
  expose?: string[];
  extends?: { file?: string; service?: string };
  external_links?: string[];
  extra_hosts?: Record<string, string[]>;
  group_add?: string[];
  gpus?: DeviceRequest[];
  hostname?: string;
  healthcheck?: ComposeHealthCheck;
  image?: string;
  /** Unless said, the daemon decides. */
  init?: boolean;
  ipc?: string;
  isolation?: string;
  labels?: Record<string, string>;
  label_file?: string[];
  links?: string[];
  logging?: LoggingConfig;
  log_driver?: string;
  log_opt?: Record<string, string>;
  /** Bytes, as the next four. */
  mem_limit?: number;
  mem_reservation?: number;
  memswap_limit?: number;
  /** Per cent, though read as a size. */
  mem_swappiness?: number;
  shm_size?: number;
  mac_address?: string;
  net?: string;
  network_mode?: string;
  /** Null: nothing is said but that the service is on it. */
  networks?: Record<string, ServiceNetwork | null>;
  oom_kill_disable?: boolean;
  oom_score_adj?: number;
  pid?: string;
  pids_limit?: number;
  platform?: string;
  ports?: ServicePort[];
  privileged?: boolean;
  pull_policy?: string;
  read_only?: boolean;
  restart?: string;
  runtime?: string;
  /** Unless said, `deploy.replicas`, then 1. */
  scale?: number;
  secrets?: FileReference[];
  security_opt?: string[];
  stdin_open?: boolean;
  /** Unless said, the daemon's. */
  stop_grace_period?: Nanoseconds;
  stop_signal?: string;
  storage_opt?: Record<string, string>;
  sysctls?: Record<string, string>;
  tmpfs?: string[];
  tty?: boolean;
  ulimits?: Record<string, Ulimit>;
  user?: string;
  userns_mode?: string;
  uts?: string;
  volume_driver?: string;
  volumes?: ServiceVolume[];
  volumes_from?: string[];
  working_dir?: string;
  post_start?: ServiceHook[];
  pre_stop?: ServiceHook[];
}

export interface BuildConfig extends Extensible {
  /** An absolute path, or a URL. */
  context?: string;
  dockerfile?: string;
  dockerfile_inline?: string;
  entitlements?: string[];
  args?: MappingWithNull;
  ssh?: { id: string; path?: string }[];
  labels?: Record<string, string>;
  cache_from?: string[];
  cache_to?: string[];
  no_cache?: boolean;
  additional_contexts?: Record<string, string>;
  pull?: boolean;
  extra_hosts?: Record<string, string[]>;
  isolation?: string;
  network?: string;
  target?: string;
  secrets?: FileReference[];
  shm_size?: number;
  tags?: string[];
  ulimits?: Record<string, Ulimit>;
  platforms?: string[];
  privileged?: boolean;
}

export interface DevelopConfig extends Extensible {
  watch?: WatchTrigger[];
}

export interface WatchTrigger extends Extensible {
  path: string;
  action: string;
  target?: string;
  exec?: ServiceHook;
  include?: string[];
  ignore?: string[];
}

export interface ServiceHook extends Extensible {
  command?: string[];
  user?: string;
  privileged?: boolean;
  working_dir?: string;
  environment?: MappingWithNull;
}

export interface BlkioConfig extends Extensible {
  weight?: number;
  weight_device?: ({ path?: string; weight?: number } & Extensible)[];
  device_read_bps?: ThrottleDevice[];
  device_read_iops?: ThrottleDevice[];
  device_write_bps?: ThrottleDevice[];
  device_write_iops?: ThrottleDevice[];
}

export interface ThrottleDevice extends Extensible {
  path?: string;
  rate?: number;
}

/** Where a service sees a secret or a configuration. */
export interface FileReference extends Extensible {
  source?: string;
  target?: string;
  uid?: string;
  gid?: string;
  /** Unless said, 0444. */
  mode?: number;
}

export interface CredentialSpec extends Extensible {
  config?: string;
  file?: string;
  registry?: string;
}

export interface ServiceDependency extends Extensible {
  condition?: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  restart?: boolean;
  required: boolean;
}

export interface DeployConfig extends Extensible {
  mode?: string;
  /** Unless said, 1. */
  replicas?: number;
  labels?: Record<string, string>;
  update_config?: UpdateConfig;
  rollback_config?: UpdateConfig;
  resources?: { limits?: Resource; reservations?: Resource } & Extensible;
  restart_policy?: {
    condition?: string;
    delay?: Nanoseconds;
    max_attempts?: number;
    window?: Nanoseconds;
  } & Extensible;
  placement?: {
    constraints?: string[];
    preferences?: ({ spread?: string } & Extensible)[];
    max_replicas_per_node?: number;
  } & Extensible;
  endpoint_mode?: string;
}

export interface UpdateConfig extends Extensible {
  parallelism?: number;
  delay?: Nanoseconds;
  failure_action?: string;
  monitor?: Nanoseconds;
  max_failure_ratio?: number;
  order?: string;
}

export interface Resource extends Extensible {
  /** Processors, not billionths. */
  cpus?: number;
  /** Bytes. */
  memory?: number;
  pids?: number;
  devices?: DeviceRequest[];
  generic_resources?: ({ discrete_resource_spec?: { kind: string; value: number } & Extensible } & Extensible)[];
}

export interface DeviceRequest {
  capabilities?: string[];
  driver?: string;
  /** -1 is all. */
  count?: number;
  device_ids?: string[];
  options?: Record<string, string>;
}

export interface DeviceMapping extends Extensible {
  source?: string;
  target?: string;
  permissions?: string;
}

export interface ServiceProvider extends Extensible {
  type?: string;
  options?: Record<string, string[]>;
}

export interface EnvFile {
  path?: string;
  required: boolean;
  format?: string;
}

export interface ComposeHealthCheck extends Extensible {
  test?: string[];
  /** Unless said, the image's or the daemon's; as the others. */
  timeout?: Nanoseconds;
  interval?: Nanoseconds;
  retries?: number;
  start_period?: Nanoseconds;
  start_interval?: Nanoseconds;
  disable?: boolean;
}

export interface LoggingConfig extends Extensible {
  driver?: string;
  options?: Record<string, string>;
}

export interface ServiceNetwork extends Extensible {
  aliases?: string[];
  driver_opts?: Record<string, string>;
  gw_priority?: number;
  interface_name?: string;
  ipv4_address?: string;
  ipv6_address?: string;
  link_local_ips?: string[];
  mac_address?: string;
  priority?: number;
}

export interface ServicePort extends Extensible {
  name?: string;
  mode?: string;
  host_ip?: string;
  target?: number;
  /** A port, or a range `8000-8010` to take one of. */
  published?: string;
  protocol?: string;
  app_protocol?: string;
}

export interface ServiceVolume extends Extensible {
  type?: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster' | 'image';
  /** A path, or a key of the project's volumes; nothing is an anonymous volume. */
  source?: string;
  target?: string;
  read_only?: boolean;
  consistency?: string;
  bind?: { selinux?: string; propagation?: string; create_host_path?: boolean; recursive?: string } & Extensible;
  volume?: { labels?: Record<string, string>; nocopy?: boolean; subpath?: string } & Extensible;
  tmpfs?: { size?: number; mode?: number } & Extensible;
  image?: { subpath?: string } & Extensible;
}

export interface Ulimit extends Extensible {
  single?: number;
  soft?: number;
  hard?: number;
}

export interface ComposeNetwork extends Extensible {
  /** The network's name at the daemon; as of volumes, secrets and configurations. */
  name?: string;
  driver?: string;
  driver_opts?: Record<string, string>;
  ipam?: {
    driver?: string;
    config?: ({
      subnet?: string;
      gateway?: string;
      ip_range?: string;
      aux_addresses?: Record<string, string>;
    } & Extensible)[];
  } & Extensible;
  external?: boolean;
  internal?: boolean;
  attachable?: boolean;
  labels?: Record<string, string>;
  /** Unless said, the daemon's choice. */
  enable_ipv4?: boolean;
  enable_ipv6?: boolean;
}

export interface ComposeVolume extends Extensible {
  name?: string;
  driver?: string;
  driver_opts?: Record<string, string>;
  external?: boolean;
  labels?: Record<string, string>;
}

/** A secret or a configuration. */
export interface FileObject extends Extensible {
  name?: string;
  /** One of these three says what is in it, unless it is external. */
  file?: string;
  environment?: string;
  content?: string;
  external?: boolean;
  labels?: Record<string, string>;
  driver?: string;
  driver_opts?: Record<string, string>;
  template_driver?: string;
}
