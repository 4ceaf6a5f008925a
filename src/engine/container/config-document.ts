/**
 * Completes what a client sent to full Config and HostConfig documents: every key, in Docker's order, with Go's
 * zero values, maps sorted as Go writes them.
 */
import type { ContainerConfig, HostConfig } from '../api/types/container.ts';

/** What Docker calls the runtime that nobody chose. */
const defaultRuntime = 'runc';

export function completeConfig(given: Partial<ContainerConfig>): ContainerConfig {
  return {
    Hostname: given.Hostname ?? '',
    Domainname: given.Domainname ?? '',
    User: given.User ?? '',
    AttachStdin: given.AttachStdin ?? false,
    AttachStdout: given.AttachStdout ?? false,
    AttachStderr: given.AttachStderr ?? false,
    ...present('ExposedPorts', nonEmpty(given.ExposedPorts)),
    Tty: given.Tty ?? false,
    OpenStdin: given.OpenStdin ?? false,
    StdinOnce: given.StdinOnce ?? false,
    Env: given.Env ?? null,
    Cmd: given.Cmd ?? null,
    ...present('Healthcheck', given.Healthcheck),
    ...present('ArgsEscaped', given.ArgsEscaped || undefined),
    Image: given.Image ?? '',
    Volumes: given.Volumes ? sortedMap(given.Volumes) : null,
    WorkingDir: given.WorkingDir ?? '',
    Entrypoint: given.Entrypoint ?? null,
    ...present('NetworkDisabled', given.NetworkDisabled || undefined),
    ...present('MacAddress', given.MacAddress || undefined),
    OnBuild: given.OnBuild ?? null,
    Labels: given.Labels ? sortedMap(given.Labels) : null,
    ...present('StopSignal', given.StopSignal || undefined),
    ...present('StopTimeout', given.StopTimeout ?? undefined),
    ...present('Shell', given.Shell && given.Shell.length > 0 ? given.Shell : undefined),
  };
}

export function completeHostConfig(given: Partial<HostConfig>): HostConfig {
  return {
    Binds: given.Binds ?? null,
    ContainerIDFile: given.ContainerIDFile ?? '',
    LogConfig: { Type: given.LogConfig?.Type ?? '', Config: given.LogConfig?.Config ? sortedMap(given.LogConfig.Config) : null },
    NetworkMode: given.NetworkMode ?? '',
    PortBindings: given.PortBindings ? bindingsOf(given.PortBindings) : null,
    RestartPolicy: { Name: given.RestartPolicy?.Name ?? '', MaximumRetryCount: given.RestartPolicy?.MaximumRetryCount ?? 0 },
    AutoRemove: given.AutoRemove ?? false,
    VolumeDriver: given.VolumeDriver ?? '',
    VolumesFrom: given.VolumesFrom ?? null,
    ConsoleSize: [given.ConsoleSize?.[0] ?? 0, given.ConsoleSize?.[1] ?? 0],
    ...present('Annotations', nonEmpty(given.Annotations)),
    CapAdd: given.CapAdd ?? null,
    CapDrop: given.CapDrop ?? null,
    CgroupnsMode: given.CgroupnsMode ?? '',
    Dns: given.Dns ?? null,
    DnsOptions: given.DnsOptions ?? null,
    DnsSearch: given.DnsSearch ?? null,
    ExtraHosts: given.ExtraHosts ?? null,
    GroupAdd: given.GroupAdd ?? null,
    IpcMode: given.IpcMode ?? '',
    Cgroup: given.Cgroup ?? '',
    Links: given.Links ?? null,
    OomScoreAdj: given.OomScoreAdj ?? 0,
    PidMode: given.PidMode ?? '',
    Privileged: given.Privileged ?? false,
    PublishAllPorts: given.PublishAllPorts ?? false,
    ReadonlyRootfs: given.ReadonlyRootfs ?? false,
    SecurityOpt: given.SecurityOpt ?? null,
    ...present('StorageOpt', nonEmpty(given.StorageOpt)),
    ...present('Tmpfs', nonEmpty(given.Tmpfs)),
    UTSMode: given.UTSMode ?? '',
    UsernsMode: given.UsernsMode ?? '',
    ShmSize: given.ShmSize ?? 0,
    ...present('Sysctls', nonEmpty(given.Sysctls)),
    Runtime: given.Runtime || defaultRuntime,
    Isolation: given.Isolation ?? '',
    CpuShares: given.CpuShares ?? 0,
    Memory: given.Memory ?? 0,
    NanoCpus: given.NanoCpus ?? 0,
    CgroupParent: given.CgroupParent ?? '',
    BlkioWeight: given.BlkioWeight ?? 0,
    BlkioWeightDevice: given.BlkioWeightDevice ?? null,
    BlkioDeviceReadBps: given.BlkioDeviceReadBps ?? null,
    BlkioDeviceWriteBps: given.BlkioDeviceWriteBps ?? null,
    BlkioDeviceReadIOps: given.BlkioDeviceReadIOps ?? null,
    BlkioDeviceWriteIOps: given.BlkioDeviceWriteIOps ?? null,
    CpuPeriod: given.CpuPeriod ?? 0,
    CpuQuota: given.CpuQuota ?? 0,
    CpuRealtimePeriod: given.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: given.CpuRealtimeRuntime ?? 0,
    CpusetCpus: given.CpusetCpus ?? '',
    CpusetMems: given.CpusetMems ?? '',
    Devices: given.Devices?.map(deviceOf) ?? null,
    DeviceCgroupRules: given.DeviceCgroupRules ?? null,
    DeviceRequests: given.DeviceRequests ?? null,
    ...present('KernelMemoryTCP', given.KernelMemoryTCP || undefined),
    MemoryReservation: given.MemoryReservation ?? 0,
    MemorySwap: given.MemorySwap ?? 0,
    MemorySwappiness: given.MemorySwappiness ?? null,
    OomKillDisable: given.OomKillDisable ?? null,
    PidsLimit: given.PidsLimit ?? null,
    Ulimits: given.Ulimits?.map(ulimitOf) ?? null,
    CpuCount: given.CpuCount ?? 0,
    CpuPercent: given.CpuPercent ?? 0,
    IOMaximumIOps: given.IOMaximumIOps ?? 0,
    IOMaximumBandwidth: given.IOMaximumBandwidth ?? 0,
    ...present('Mounts', given.Mounts && given.Mounts.length > 0 ? given.Mounts : undefined),
    MaskedPaths: given.MaskedPaths ?? null,
    ReadonlyPaths: given.ReadonlyPaths ?? null,
    ...present('Init', given.Init ?? undefined),
  };
}

// Lists whose elements a client may have left incomplete: Go fills them up with its zero values.

function bindingsOf(given: NonNullable<HostConfig['PortBindings']>): NonNullable<HostConfig['PortBindings']> {
  const complete = Object.entries(given).map(([port, bindings]): [string, typeof bindings] => [
    port,
    bindings?.map(({ HostIp = '', HostPort = '' }: { HostIp?: string; HostPort?: string }) => ({ HostIp, HostPort })) ?? null,
  ]);
  return sortedMap(Object.fromEntries(complete));
}

type Device = NonNullable<HostConfig['Devices']>[number];

function deviceOf({ PathOnHost = '', PathInContainer = '', CgroupPermissions = '' }: Partial<Device>): Device {
  return { PathOnHost, PathInContainer, CgroupPermissions };
}

type Ulimit = NonNullable<HostConfig['Ulimits']>[number];

function ulimitOf({ Name = '', Hard = 0, Soft = 0 }: Partial<Ulimit>): Ulimit {
  return { Name, Hard, Soft };
}

/** Go writes the keys of a map in byte order. */
export function sortedMap<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** The field when there is something in it, else nothing: Go's `omitempty`. */
function present<K extends string, V>(key: K, value: V | undefined | null): Partial<Record<K, V>> {
  return value === undefined || value === null ? {} : ({ [key]: value } as Record<K, V>);
}

function nonEmpty<T>(map: Record<string, T> | null | undefined): Record<string, T> | undefined {
  return map && Object.keys(map).length > 0 ? sortedMap(map) : undefined;
}
