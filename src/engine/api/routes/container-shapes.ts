/** The shapes of container requests: what Go's decoder would take. Source: moby api/types/container, v28.2.2. */
import { type Shape, stringMap, strings } from '../shape.ts';
import { endpointShape } from './network-shapes.ts';

const object: Shape = { struct: {} };

const throttle: Shape = { list: { struct: { Path: 'string', Rate: 'int64' } } };

const resources: Record<string, Shape> = {
  CpuShares: 'int64',
  Memory: 'int64',
  NanoCpus: 'int64',
  CgroupParent: 'string',
  BlkioWeight: 'uint16',
  BlkioWeightDevice: { list: { struct: { Path: 'string', Weight: 'uint16' } } },
  BlkioDeviceReadBps: throttle,
  BlkioDeviceWriteBps: throttle,
  BlkioDeviceReadIOps: throttle,
  BlkioDeviceWriteIOps: throttle,
  CpuPeriod: 'int64',
  CpuQuota: 'int64',
  CpuRealtimePeriod: 'int64',
  CpuRealtimeRuntime: 'int64',
  CpusetCpus: 'string',
  CpusetMems: 'string',
  Devices: { list: { struct: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' } } },
  DeviceCgroupRules: strings,
  DeviceRequests: {
    list: { struct: { Driver: 'string', Count: 'int', DeviceIDs: strings, Capabilities: { list: strings }, Options: stringMap } },
  },
  KernelMemory: 'int64',
  KernelMemoryTCP: 'int64',
  MemoryReservation: 'int64',
  MemorySwap: 'int64',
  MemorySwappiness: 'int64',
  OomKillDisable: 'bool',
  PidsLimit: 'int64',
  Ulimits: { list: { struct: { Name: 'string', Hard: 'int64', Soft: 'int64' } } },
  CpuCount: 'int64',
  CpuPercent: 'int64',
  IOMaximumIOps: 'int64',
  IOMaximumBandwidth: 'int64',
};

const restartPolicy: Shape = { struct: { Name: 'string', MaximumRetryCount: 'int' } };

const driver: Shape = { struct: { Name: 'string', Options: stringMap } };

const mount: Shape = {
  struct: {
    Type: 'string',
    Source: 'string',
    Target: 'string',
    ReadOnly: 'bool',
    Consistency: 'string',
    BindOptions: {
      struct: {
        Propagation: 'string',
        NonRecursive: 'bool',
        CreateMountpoint: 'bool',
        ReadOnlyNonRecursive: 'bool',
        ReadOnlyForceRecursive: 'bool',
      },
    },
    VolumeOptions: { struct: { NoCopy: 'bool', Labels: stringMap, Subpath: 'string', DriverConfig: driver } },
    ImageOptions: { struct: { Subpath: 'string' } },
    TmpfsOptions: { struct: { SizeBytes: 'int64', Mode: 'uint', Options: { list: strings } } },
  },
};

const hostConfig: Shape = {
  struct: {
    ...resources,
    Binds: strings,
    ContainerIDFile: 'string',
    LogConfig: { struct: { Type: 'string', Config: stringMap } },
    NetworkMode: 'string',
    PortBindings: { map: { list: { struct: { HostIp: 'string', HostPort: 'string' } } } },
    RestartPolicy: restartPolicy,
    AutoRemove: 'bool',
    VolumeDriver: 'string',
    VolumesFrom: strings,
    ConsoleSize: { list: 'uint' },
    Annotations: stringMap,
    CapAdd: 'strslice',
    CapDrop: 'strslice',
    CgroupnsMode: 'string',
    Dns: strings,
    DnsOptions: strings,
    DnsSearch: strings,
    ExtraHosts: strings,
    GroupAdd: strings,
    IpcMode: 'string',
    Cgroup: 'string',
    Links: strings,
    OomScoreAdj: 'int',
    PidMode: 'string',
    Privileged: 'bool',
    PublishAllPorts: 'bool',
    ReadonlyRootfs: 'bool',
    SecurityOpt: strings,
    StorageOpt: stringMap,
    Tmpfs: stringMap,
    UTSMode: 'string',
    UsernsMode: 'string',
    ShmSize: 'int64',
    Sysctls: stringMap,
    Runtime: 'string',
    Isolation: 'string',
    Mounts: { list: mount },
    MaskedPaths: strings,
    ReadonlyPaths: strings,
    Init: 'bool',
  },
};

export const createShape: Shape = {
  struct: {
    Hostname: 'string',
    Domainname: 'string',
    User: 'string',
    AttachStdin: 'bool',
    AttachStdout: 'bool',
    AttachStderr: 'bool',
    ExposedPorts: { map: object },
    Tty: 'bool',
    OpenStdin: 'bool',
    StdinOnce: 'bool',
    Env: strings,
    Cmd: 'strslice',
    Healthcheck: {
      struct: { Test: strings, Interval: 'int64', Timeout: 'int64', StartPeriod: 'int64', StartInterval: 'int64', Retries: 'int' },
    },
    ArgsEscaped: 'bool',
    Image: 'string',
    Volumes: { map: object },
    WorkingDir: 'string',
    Entrypoint: 'strslice',
    NetworkDisabled: 'bool',
    MacAddress: 'string',
    OnBuild: strings,
    Labels: stringMap,
    StopSignal: 'string',
    StopTimeout: 'int',
    Shell: 'strslice',
    HostConfig: hostConfig,
    NetworkingConfig: { struct: { EndpointsConfig: { map: endpointShape } } },
  },
};

export const updateShape: Shape = { struct: { ...resources, RestartPolicy: restartPolicy } };

export const createExecShape: Shape = {
  struct: {
    User: 'string',
    Privileged: 'bool',
    Tty: 'bool',
    ConsoleSize: { list: 'uint' },
    AttachStdin: 'bool',
    AttachStderr: 'bool',
    AttachStdout: 'bool',
    Detach: 'bool',
    DetachKeys: 'string',
    Env: strings,
    WorkingDir: 'string',
    Cmd: strings,
  },
};

export const startExecShape: Shape = { struct: { Detach: 'bool', Tty: 'bool', ConsoleSize: { list: 'uint' } } };
