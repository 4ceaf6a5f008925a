/**
 * The body of `POST /containers/create` for one container of a service: field for field what Compose 2.26.1 sends,
 * empty ones included. Asks no daemon; what has to be asked before comes in.
 * Source: docker/compose 2.26.1 pkg/compose/create.go, getCreateConfigs.
 */
import type { ContainerConfig, HealthConfig, HostConfig } from '#engine/api/types/container.ts';
import type { EndpointSettings } from '#engine/api/types/network.ts';
import { ComposeError } from './compose-error.ts';
import { mountsOf, type MountOptions } from './create-mounts.ts';
import { loggingOf, orNull, resourcesOf, restartPolicyOf } from './create-resources.ts';
import { containerName, DEPENDENCIES_LABEL, HASH_LABEL, imageName, IMAGE_LABEL, NUMBER_LABEL } from './labels.ts';
import { compareStrings, sortedKeys } from './load/model.ts';
import type { ComposeHealthCheck, ComposeService, MappingWithNull, Project } from './project.ts';
import { hostLines } from './render.ts';
import { serviceHash } from './service-hash.ts';

export type ComposeEndpoint = Omit<EndpointSettings, 'GwPriority'> & { GwPriority?: number };

export interface ComposeCreateRequest extends ContainerConfig {
  HostConfig: HostConfig;
  NetworkingConfig?: { EndpointsConfig: Record<string, ComposeEndpoint> };
}

export interface CreateOptions extends MountOptions {
  /** From 1. */
  number: number;
  /** `sha256:…` of the image, where it is known. */
  imageId: string;
  /** Of the project and the service; see `serviceLabels`. */
  labels: Record<string, string>;
  /** `container:alias`, of `links` and `external_links`. */
  links?: readonly string[];
  /** The client's proxies, `NAME=value`; the service's own environment goes before them. */
  proxies?: readonly string[];
  autoRemove?: boolean;
  attachStdin?: boolean;
  /** Others find it by the service's name and aliases. Unless said, true. */
  useNetworkAliases?: boolean;
}

/** @throws ComposeError for what Compose refuses before it asks the daemon */
export function createRequest(project: Project, service: ComposeService, options: CreateOptions): ComposeCreateRequest {
  const { number, autoRemove = false } = options;
  const { binds, mounts } = mountsOf(project, service, options);
  const ports = exposedPorts(service);
  const networking = networkingOf(project, service, options);
  const security = securityOf(service);
  const tmpfs = tmpfsOf(service);
  return {
    ...processOf(service, options),
    ...(Object.keys(ports).length > 0 && { ExposedPorts: ports }),
    Env: orNull(environmentOf(service.environment ?? {}, options.proxies)),
    ...(service.healthcheck && { Healthcheck: healthOf(service.healthcheck) }),
    Image: imageName(project, service),
    Volumes: null,
    OnBuild: null,
    Labels: labelsOf(service, number, options),
    HostConfig: {
      Binds: orNull(binds),
      ContainerIDFile: '',
      LogConfig: loggingOf(service),
      NetworkMode: networking.mode,
      PortBindings: portBindings(service),
      RestartPolicy: restartPolicyOf(service),
      AutoRemove: autoRemove,
      VolumeDriver: service.volume_driver ?? '',
      VolumesFrom: orNull(service.volumes_from),
      ConsoleSize: [0, 0],
      ...(service.annotations && { Annotations: service.annotations }),
      CapAdd: orNull(service.cap_add),
      CapDrop: orNull(service.cap_drop),
      ...namespacesOf(service),
      Dns: orNull(service.dns),
      DnsOptions: orNull(service.dns_opt),
      DnsSearch: orNull(service.dns_search),
      ExtraHosts: hostLines(service.extra_hosts ?? {}, ':'),
      GroupAdd: orNull(service.group_add),
      Cgroup: '',
      Links: orNull(options.links),
      OomScoreAdj: service.oom_score_adj ?? 0,
      Privileged: service.privileged ?? false,
      PublishAllPorts: false,
      ReadonlyRootfs: service.read_only ?? false,
      ...(service.storage_opt && { StorageOpt: service.storage_opt }),
      ...(tmpfs && { Tmpfs: tmpfs }),
      ShmSize: service.shm_size ?? 0,
      ...(service.sysctls && Object.keys(service.sysctls).length > 0 && { Sysctls: service.sysctls }),
      ...(service.runtime && { Runtime: service.runtime }),
      Isolation: service.isolation ?? '',
      ...resourcesOf(service),
      ...(mounts.length > 0 && { Mounts: mounts }),
      ...security,
      ...(service.init !== undefined && { Init: service.init }),
    },
    ...(networking.endpoints && { NetworkingConfig: { EndpointsConfig: networking.endpoints } }),
  };
}

function processOf(service: ComposeService, { attachStdin = false }: CreateOptions) {
  const { stop_grace_period: grace, stdin_open: opensStdin = false } = service;
  return {
    Hostname: service.hostname ?? '',
    Domainname: service.domainname ?? '',
    User: service.user ?? '',
    AttachStdin: attachStdin,
    AttachStdout: true,
    AttachStderr: true,
    Tty: service.tty ?? false,
    OpenStdin: opensStdin,
    StdinOnce: attachStdin && opensStdin,
    Cmd: service.command ?? null,
    WorkingDir: service.working_dir ?? '',
    Entrypoint: service.entrypoint ?? null,
    ...(service.network_mode === 'disabled' && { NetworkDisabled: true }),
    ...(service.stop_signal && { StopSignal: service.stop_signal }),
    ...(grace !== undefined && { StopTimeout: Math.trunc(grace / 1e9) }),
  };
}

function namespacesOf(service: ComposeService) {
  return {
    CgroupnsMode: service.cgroup ?? '',
    IpcMode: service.ipc ?? '',
    PidMode: service.pid ?? '',
    UTSMode: service.uts ?? '',
    UsernsMode: service.userns_mode ?? '',
  };
}

/** `NAME=value` in order of names; a name without value is the daemon's to ignore. */
function environmentOf(environment: MappingWithNull, proxies: readonly string[] = []): string[] {
  const own = sortedKeys(environment).map((name) => (environment[name] === null ? name : `${name}=${environment[name]!}`));
  return [...proxies.filter((pair) => !Object.hasOwn(environment, pair.slice(0, pair.indexOf('=')))), ...own];
}

function labelsOf(service: ComposeService, number: number, { labels, imageId }: CreateOptions): Record<string, string> {
  const dependencies = Object.entries(service.depends_on ?? {}).map(
    ([name, { condition = '', restart = false }]) => `${name}:${condition}:${restart}`,
  );
  return {
    ...service.labels,
    ...labels,
    [IMAGE_LABEL]: imageId,
    [HASH_LABEL]: serviceHash(service),
    ...(number > 0 && { [NUMBER_LABEL]: `${number}` }),
    [DEPENDENCIES_LABEL]: dependencies.join(','),
  };
}

function healthOf(check: ComposeHealthCheck): HealthConfig {
  const test = check.disable ? ['NONE'] : check.test;
  return {
    ...(test && { Test: test }),
    ...(check.interval && { Interval: check.interval }),
    ...(check.timeout && { Timeout: check.timeout }),
    ...(check.start_period && { StartPeriod: check.start_period }),
    ...(check.start_interval && { StartInterval: check.start_interval }),
    ...(check.retries && { Retries: check.retries }),
  };
}

function exposedPorts({ expose = [], ports = [] }: ComposeService): Record<string, object> {
  return Object.fromEntries(
    [...expose, ...ports.map(({ target = 0, protocol = '' }) => `${target}/${protocol}`)].map((port) => [port, {}]),
  );
}

function portBindings({ ports = [] }: ComposeService): NonNullable<HostConfig['PortBindings']> {
  const bindings: NonNullable<HostConfig['PortBindings']> = {};
  for (const { target = 0, protocol = '', host_ip: HostIp = '', published: HostPort = '' } of ports) {
    (bindings[`${target}/${protocol}`] ??= []).push({ HostIp, HostPort });
  }
  return bindings;
}

function tmpfsOf({ tmpfs = [] }: ComposeService): Record<string, string> | undefined {
  if (tmpfs.length === 0) return undefined;
  return Object.fromEntries(
    tmpfs.map((spec) => {
      const colon = spec.indexOf(':');
      return colon < 0 ? [spec, ''] : [spec.slice(0, colon), spec.slice(colon + 1)];
    }),
  );
}

/** `systempaths=unconfined` is the client's to understand. */
function securityOf({ security_opt: options = [] }: ComposeService) {
  const unconfined = options.some((option) => /^systempaths[=:]unconfined$/.test(option));
  const others = options.filter((option) => !/^systempaths[=:]unconfined$/.test(option));
  return {
    SecurityOpt: orNull(others.map((option) => (/^[a-z-]+:/.test(option) && !option.includes('=') ? option.replace(':', '=') : option))),
    MaskedPaths: unconfined ? [] : null,
    ReadonlyPaths: unconfined ? [] : null,
  };
}

interface Networking {
  mode: string;
  endpoints?: Record<string, ComposeEndpoint>;
}

function networkingOf(project: Project, service: ComposeService, options: CreateOptions): Networking {
  if (service.network_mode) return { mode: service.network_mode };
  const keys = networksByPriority(service);
  if (Object.keys(project.networks).length === 0) return { mode: 'none' };
  if (keys.length === 0) keys.push('default');
  const nameOf = (key: string): string => project.networks[key]?.name ?? key;
  const [main = ''] = keys;
  const mac = macAddress(service, main);
  const endpoints = Object.fromEntries(
    keys.map((key) => [nameOf(key), endpointOf(project, service, key, options, key === main ? mac : undefined)]),
  );
  return { mode: nameOf(main), endpoints };
}

/** The service's networks, the one that gives the default route first. */
export function networksByPriority({ networks = {} }: ComposeService): string[] {
  const priority = (key: string): number => networks[key]?.priority ?? 0;
  return Object.keys(networks).sort((a, b) => priority(b) - priority(a) || compareStrings(a, b));
}

function macAddress(service: ComposeService, main: string): string {
  const own = service.networks?.[main]?.mac_address ?? '';
  const mac = service.mac_address ?? '';
  if (mac !== '' && own !== '' && own !== mac) {
    throw new ComposeError(`the service-level mac_address should have the same value as network ${main}`);
  }
  return own || mac;
}

function endpointOf(
  project: Project,
  service: ComposeService,
  key: string,
  { number, links, useNetworkAliases = true }: CreateOptions,
  mac: string | undefined,
): ComposeEndpoint {
  const config = service.networks?.[key];
  const { ipv4_address: ipv4 = '', ipv6_address: ipv6 = '', link_local_ips: linkLocal = [] } = config ?? {};
  const ipam = { ...(ipv4 && { IPv4Address: ipv4 }), ...(ipv6 && { IPv6Address: ipv6 }) };
  return {
    IPAMConfig: config ? { ...ipam, ...(linkLocal.length > 0 && { LinkLocalIPs: linkLocal }) } : null,
    Links: orNull(links),
    Aliases: [containerName(project, service, number), ...(useNetworkAliases ? [service.name, ...(config?.aliases ?? [])] : [])],
    MacAddress: mac ?? config?.mac_address ?? '',
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: ipv4,
    IPPrefixLen: 0,
    IPv6Gateway: ipv6,
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DriverOpts: config?.driver_opts ?? null,
    ...(config?.gw_priority && { GwPriority: config.gw_priority }),
    DNSNames: null,
  };
}
