/**
 * How each object of a project is read from a model and written again: its keys in their order, and for each what it is.
 * One table instead of Go's struct tags; reading is in `decode.ts`, writing in `../render.ts`.
 * Source: compose-go v2.6.3 types.
 */

/** What a key's value is. Reading and writing of each are told in `decode.ts` and `../render.ts`. */
export type Kind =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'unsigned'
  | 'float'
  /** Bytes; written as a decimal string. */
  | 'bytes'
  /** Nanoseconds; written as Go's duration. */
  | 'duration'
  /** Octal; written as such. */
  | 'fileMode'
  | 'strings'
  /** A string or a list of strings. */
  | 'stringList'
  /** A list whose numbers become strings. */
  | 'stringOrNumberList'
  /** A list, or a string of shell words; empty is not absent. */
  | 'shellCommand'
  | 'healthCheckTest'
  /** Strings by name: a mapping, or a list of `name=value`. */
  | 'mapping'
  /** As that, where a name may be without a value. */
  | 'mappingWithNull'
  | 'labels'
  /** A mapping of strings whose numbers and booleans become strings. */
  | 'options'
  /** As that, with lists of strings. */
  | 'multiOptions'
  /** A mapping that has strings already. */
  | 'stringMap'
  | 'hosts'
  | 'sshKeys'
  | 'deviceCount'
  | 'ulimit'
  | { object: Shape }
  | { list: Kind }
  | { map: Kind };

export interface Field {
  key: string;
  kind: Kind;
  /** Go has a pointer: false and 0 are values, and are written. */
  nullable?: true;
  /** Written though empty; in JSON only, or in YAML too. */
  always?: 'json' | 'both';
  /** The key in JSON where it is another. */
  jsonKey?: string;
}

export interface Shape {
  /** Of Go's struct, for errors. */
  name: string;
  fields: Field[];
  /** Takes `x-…` keys. */
  extensible: boolean;
}

type FieldSpec = Kind | [Kind, Omit<Field, 'key' | 'kind'>];

function shape(name: string, fields: Record<string, FieldSpec>, extensible = true): Shape {
  return {
    name,
    extensible,
    fields: Object.entries(fields).map(([key, spec]) => (Array.isArray(spec) ? { key, kind: spec[0], ...spec[1] } : { key, kind: spec })),
  };
}

const nullable = (kind: Kind): FieldSpec => [kind, { nullable: true }];
const always = (kind: Kind): FieldSpec => [kind, { always: 'both' }];
const object = (of: Shape): Kind => ({ object: of });
/** A pointer to a struct: absent, or written even when empty. */
const optional = (of: Shape): FieldSpec => [{ object: of }, { nullable: true }];
const listOf = (of: Shape): Kind => ({ list: { object: of } });

const command: FieldSpec = ['shellCommand', { always: 'json' }];

const hook = shape('ServiceHook', {
  command,
  user: 'string',
  privileged: 'boolean',
  working_dir: 'string',
  environment: 'mappingWithNull',
});

const fileReference = shape('FileReferenceConfig', {
  source: 'string',
  target: 'string',
  uid: 'string',
  gid: 'string',
  mode: nullable('fileMode'),
});

const build = shape('BuildConfig', {
  context: 'string',
  dockerfile: 'string',
  dockerfile_inline: 'string',
  entitlements: 'strings',
  args: 'mappingWithNull',
  ssh: 'sshKeys',
  labels: 'labels',
  cache_from: 'stringList',
  cache_to: 'stringList',
  no_cache: 'boolean',
  additional_contexts: 'mapping',
  pull: 'boolean',
  extra_hosts: 'hosts',
  isolation: 'string',
  network: 'string',
  target: 'string',
  secrets: listOf(fileReference),
  shm_size: 'bytes',
  tags: 'stringList',
  ulimits: { map: 'ulimit' },
  platforms: 'stringList',
  privileged: 'boolean',
});

const develop = shape('DevelopConfig', {
  watch: listOf(
    shape('Trigger', {
      path: always('string'),
      action: always('string'),
      target: 'string',
      exec: object(hook),
      include: 'strings',
      ignore: 'strings',
    }),
  ),
});

const throttleDevices = listOf(
  shape('ThrottleDevice', { path: ['string', { always: 'both', jsonKey: 'Path' }], rate: ['bytes', { always: 'both', jsonKey: 'Rate' }] }),
);

const blkio = shape('BlkioConfig', {
  weight: 'unsigned',
  weight_device: listOf(
    shape('WeightDevice', {
      path: ['string', { always: 'both', jsonKey: 'Path' }],
      weight: ['unsigned', { always: 'both', jsonKey: 'Weight' }],
    }),
  ),
  device_read_bps: throttleDevices,
  device_read_iops: throttleDevices,
  device_write_bps: throttleDevices,
  device_write_iops: throttleDevices,
});

const deviceRequest = shape(
  'DeviceRequest',
  { capabilities: 'strings', driver: 'string', count: 'deviceCount', device_ids: 'strings', options: 'mapping' },
  false,
);

const resource = shape('Resource', {
  cpus: 'float',
  memory: 'bytes',
  pids: 'integer',
  devices: listOf(deviceRequest),
  generic_resources: listOf(
    shape('GenericResource', {
      discrete_resource_spec: optional(shape('DiscreteGenericResource', { kind: always('string'), value: always('integer') })),
    }),
  ),
});

const updateConfig = shape('UpdateConfig', {
  parallelism: nullable('unsigned'),
  delay: 'duration',
  failure_action: 'string',
  monitor: 'duration',
  max_failure_ratio: 'float',
  order: 'string',
});

const deploy = shape('DeployConfig', {
  mode: 'string',
  replicas: nullable('integer'),
  labels: 'labels',
  update_config: optional(updateConfig),
  rollback_config: optional(updateConfig),
  resources: object(shape('Resources', { limits: optional(resource), reservations: optional(resource) })),
  restart_policy: optional(
    shape('RestartPolicy', {
      condition: 'string',
      delay: nullable('duration'),
      max_attempts: nullable('unsigned'),
      window: nullable('duration'),
    }),
  ),
  placement: object(
    shape('Placement', {
      constraints: 'strings',
      preferences: listOf(shape('PlacementPreferences', { spread: 'string' })),
      max_replicas_per_node: 'unsigned',
    }),
  ),
  endpoint_mode: 'string',
});

const serviceNetwork = shape('ServiceNetworkConfig', {
  aliases: 'strings',
  driver_opts: 'options',
  gw_priority: 'integer',
  interface_name: 'string',
  ipv4_address: 'string',
  ipv6_address: 'string',
  link_local_ips: 'strings',
  mac_address: 'string',
  priority: 'integer',
});

const port = shape('ServicePortConfig', {
  name: 'string',
  mode: 'string',
  host_ip: 'string',
  target: 'unsigned',
  published: 'string',
  protocol: 'string',
  app_protocol: 'string',
});

const volumeMount = shape('ServiceVolumeConfig', {
  type: 'string',
  source: 'string',
  target: 'string',
  read_only: 'boolean',
  consistency: 'string',
  bind: optional(
    shape('ServiceVolumeBind', { selinux: 'string', propagation: 'string', create_host_path: 'boolean', recursive: 'string' }),
  ),
  volume: optional(shape('ServiceVolumeVolume', { labels: 'mapping', nocopy: 'boolean', subpath: 'string' })),
  tmpfs: optional(shape('ServiceVolumeTmpfs', { size: 'bytes', mode: 'unsigned' })),
  image: optional(shape('ServiceVolumeImage', { subpath: 'string' })),
});

const healthCheck = shape('HealthCheckConfig', {
  test: 'healthCheckTest',
  timeout: nullable('duration'),
  interval: nullable('duration'),
  retries: nullable('unsigned'),
  start_period: nullable('duration'),
  start_interval: nullable('duration'),
  disable: 'boolean',
});

const dependency = shape('ServiceDependency', { condition: 'string', restart: 'boolean', required: always('boolean') });

/** Written as its path alone when it must be there: see `../render.ts`. */
export const envFile = shape('EnvFile', { path: 'string', required: always('boolean'), format: 'string' }, false);

export const serviceShape = shape('ServiceConfig', {
  profiles: 'strings',
  annotations: 'mapping',
  attach: nullable('boolean'),
  build: optional(build),
  develop: optional(develop),
  blkio_config: optional(blkio),
  cap_add: 'strings',
  cap_drop: 'strings',
  cgroup_parent: 'string',
  cgroup: 'string',
  cpu_count: 'integer',
  cpu_percent: 'float',
  cpu_period: 'integer',
  cpu_quota: 'integer',
  cpu_rt_period: 'integer',
  cpu_rt_runtime: 'integer',
  cpus: 'float',
  cpuset: 'string',
  cpu_shares: 'integer',
  command,
  configs: listOf(fileReference),
  container_name: 'string',
  credential_spec: optional(shape('CredentialSpecConfig', { config: 'string', file: 'string', registry: 'string' })),
  depends_on: { map: object(dependency) },
  deploy: optional(deploy),
  device_cgroup_rules: 'strings',
  devices: listOf(shape('DeviceMapping', { source: 'string', target: 'string', permissions: 'string' })),
  dns: 'stringList',
  dns_opt: 'strings',
  dns_search: 'stringList',
  dockerfile: 'string',
  domainname: 'string',
  entrypoint: command,
  provider: optional(shape('ServiceProviderConfig', { type: ['string', { jsonKey: 'driver' }], options: 'multiOptions' })),
  environment: 'mappingWithNull',
  env_file: { list: { object: envFile } },
  expose: 'stringOrNumberList',
  extends: optional(shape('ExtendsConfig', { file: 'string', service: 'string' }, false)),
  external_links: 'strings',
  extra_hosts: 'hosts',
  group_add: 'strings',
  gpus: listOf(deviceRequest),
  hostname: 'string',
  healthcheck: optional(healthCheck),
  image: 'string',
  init: nullable('boolean'),
  ipc: 'string',
  isolation: 'string',
  labels: 'labels',
  label_file: 'strings',
  links: 'strings',
  logging: optional(shape('LoggingConfig', { driver: 'string', options: 'options' })),
  log_driver: 'string',
  log_opt: 'stringMap',
  mem_limit: 'bytes',
  mem_reservation: 'bytes',
  memswap_limit: 'bytes',
  mem_swappiness: 'bytes',
  mac_address: 'string',
  net: 'string',
  network_mode: 'string',
  networks: { map: object(serviceNetwork) },
  oom_kill_disable: 'boolean',
  oom_score_adj: 'integer',
  pid: 'string',
  pids_limit: 'integer',
  platform: 'string',
  ports: listOf(port),
  privileged: 'boolean',
  pull_policy: 'string',
  read_only: 'boolean',
  restart: 'string',
  runtime: 'string',
  scale: nullable('integer'),
  secrets: listOf(fileReference),
  security_opt: 'strings',
  shm_size: 'bytes',
  stdin_open: 'boolean',
  stop_grace_period: nullable('duration'),
  stop_signal: 'string',
  storage_opt: 'stringMap',
  sysctls: 'mapping',
  tmpfs: 'stringList',
  tty: 'boolean',
  ulimits: { map: 'ulimit' },
  user: 'string',
  userns_mode: 'string',
  uts: 'string',
  volume_driver: 'string',
  volumes: listOf(volumeMount),
  volumes_from: 'strings',
  working_dir: 'string',
  post_start: listOf(hook),
  pre_stop: listOf(hook),
});

export const networkShape = shape('NetworkConfig', {
  name: 'string',
  driver: 'string',
  driver_opts: 'options',
  ipam: object(
    shape('IPAMConfig', {
      driver: 'string',
      config: listOf(shape('IPAMPool', { subnet: 'string', gateway: 'string', ip_range: 'string', aux_addresses: 'mapping' }, false)),
    }),
  ),
  external: 'boolean',
  internal: 'boolean',
  attachable: 'boolean',
  labels: 'labels',
  enable_ipv4: nullable('boolean'),
  enable_ipv6: nullable('boolean'),
});

export const volumeShape = shape('VolumeConfig', {
  name: 'string',
  driver: 'string',
  driver_opts: 'options',
  external: 'boolean',
  labels: 'labels',
});

export const fileObjectShape = shape('FileObjectConfig', {
  name: 'string',
  file: 'string',
  environment: 'string',
  content: 'string',
  external: 'boolean',
  labels: 'labels',
  driver: 'string',
  driver_opts: 'stringMap',
  template_driver: 'string',
});
