/** Limits of a service's containers as the engine takes them. Source: docker/compose 2.26.1 pkg/compose/create.go. */
import type { HostConfig, Resources, RestartPolicy } from '#engine/api/types/container.ts';
import { sortedKeys } from './load/model.ts';
import type { BlkioConfig, ComposeService, Resource, ThrottleDevice } from './project.ts';

const NANO = 1e9;

export function resourcesOf(service: ComposeService): Resources {
  const { limits, reservations } = service.deploy?.resources ?? {};
  return {
    CpuShares: service.cpu_shares ?? 0,
    Memory: limits?.memory || (service.mem_limit ?? 0),
    NanoCpus: Math.trunc((limits?.cpus || (service.cpus ?? 0)) * NANO),
    CgroupParent: service.cgroup_parent ?? '',
    ...blkio(service.blkio_config ?? {}),
    CpuPeriod: service.cpu_period ?? 0,
    CpuQuota: service.cpu_quota ?? 0,
    CpuRealtimePeriod: service.cpu_rt_period ?? 0,
    CpuRealtimeRuntime: service.cpu_rt_runtime ?? 0,
    CpusetCpus: service.cpuset ?? '',
    CpusetMems: '',
    Devices: orNull(devices(service)),
    DeviceCgroupRules: orNull(service.device_cgroup_rules),
    DeviceRequests: orNull(deviceRequests(reservations)),
    MemoryReservation: reservations?.memory || (service.mem_reservation ?? 0),
    MemorySwap: service.memswap_limit ?? 0,
    MemorySwappiness: service.mem_swappiness || null,
    OomKillDisable: service.oom_kill_disable ?? false,
    PidsLimit: limits?.pids || service.pids_limit || null,
    Ulimits: orNull(ulimits(service)),
    CpuCount: service.cpu_count ?? 0,
    CpuPercent: Math.trunc((service.cpu_percent ?? 0) * 100),
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

/** What Compose does not know a list of is sent as null. */
export function orNull<T>(list: readonly T[] | undefined): T[] | null {
  return list && list.length > 0 ? [...list] : null;
}

function blkio(config: BlkioConfig) {
  const rates = (list: ThrottleDevice[] | undefined) => orNull(list?.map(({ path = '', rate = 0 }) => ({ Path: path, Rate: rate })));
  return {
    BlkioWeight: config.weight ?? 0,
    BlkioWeightDevice: orNull(config.weight_device?.map(({ path = '', weight = 0 }) => ({ Path: path, Weight: weight }))),
    BlkioDeviceReadBps: rates(config.device_read_bps),
    BlkioDeviceWriteBps: rates(config.device_write_bps),
    BlkioDeviceReadIOps: rates(config.device_read_iops),
    BlkioDeviceWriteIOps: rates(config.device_write_iops),
  };
}

function devices({ devices: mappings = [] }: ComposeService): NonNullable<Resources['Devices']> {
  return mappings.map(({ source = '', target = '', permissions = '' }) => ({
    PathOnHost: source,
    PathInContainer: target || source,
    CgroupPermissions: permissions || 'rwm',
  }));
}

function deviceRequests(reservations: Resource | undefined): NonNullable<Resources['DeviceRequests']> {
  return (reservations?.devices ?? []).map((device) => ({
    Driver: device.driver ?? '',
    Count: device.count ?? 0,
    DeviceIDs: orNull(device.device_ids),
    Capabilities: [device.capabilities ?? []],
    Options: device.options ?? null,
  }));
}

function ulimits({ ulimits: limits = {} }: ComposeService): NonNullable<Resources['Ulimits']> {
  return sortedKeys(limits).map((name) => {
    const { single = 0, soft = 0, hard = 0 } = limits[name]!;
    return { Name: name, Hard: hard > 0 ? hard : single, Soft: soft > 0 ? soft : single };
  });
}

const conditions: Record<string, string> = { none: 'no', any: 'always' };

/** What `deploy` says goes before `restart`. */
export function restartPolicyOf({ restart, deploy }: ComposeService): RestartPolicy {
  const named = (condition: string): string => conditions[condition] ?? condition;
  const policy = deploy?.restart_policy;
  if (policy) return { Name: named(policy.condition ?? ''), MaximumRetryCount: policy.max_attempts ?? 0 };
  if (!restart) return { Name: '', MaximumRetryCount: 0 };
  const [condition = '', attempts = ''] = restart.split(':');
  return { Name: named(condition), MaximumRetryCount: /^\d+$/.test(attempts) ? Number(attempts) : 0 };
}

export function loggingOf({ logging }: ComposeService): HostConfig['LogConfig'] {
  return { Type: logging?.driver ?? '', Config: logging?.options ?? null };
}
