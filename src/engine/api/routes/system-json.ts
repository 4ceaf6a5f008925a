/**
 * `docker info` and `docker version` as Docker's JSON. Says what is true of this engine and its guest: Docker's version
 * where behaviour is meant, Drydock's own facts where the program is.
 */
import type { EngineRelease } from '../../engine-release.ts';
import type { RuntimeInfo } from '../../runtime/runtime.ts';
import type { DaemonConfig } from '../../daemon-config.ts';
import { rfc3339Nano } from '../../time.ts';
import type { Info, Version } from '../types/system.ts';

export interface SystemFacts {
  /** The daemon's own id, kept in its data directory. */
  id: string;
  config: DaemonConfig;
  nodeName: string;
  nowMs: number;
  runtime: RuntimeInfo;
  release: EngineRelease;
  containers: { running: number; paused: number; stopped: number };
  imageCount: number;
  eventListenerCount: number;
}

const noGo = 'none (TypeScript)';
/** What Go calls an i686 machine. */
const goArchitecture = '386';

export function versionJson({ config, runtime, release }: SystemFacts): Version {
  const { version, apiVersion, minApiVersion } = release;
  const build = { GitCommit: release.gitCommit, GoVersion: noGo, Os: 'linux', Arch: goArchitecture, KernelVersion: runtime.kernelVersion };
  return {
    Platform: { Name: 'Drydock' },
    Components: [
      {
        Name: 'Engine',
        Version: version,
        Details: {
          ApiVersion: apiVersion,
          Arch: build.Arch,
          BuildTime: release.buildTime,
          Experimental: String(config.experimental),
          GitCommit: build.GitCommit,
          GoVersion: build.GoVersion,
          KernelVersion: build.KernelVersion,
          MinAPIVersion: minApiVersion,
          Os: build.Os,
        },
      },
      { Name: 'crun', Version: runtime.ociRuntimeVersion, Details: { GitCommit: '' } },
    ],
    Version: version,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: build.GitCommit,
    GoVersion: build.GoVersion,
    Os: build.Os,
    Arch: build.Arch,
    KernelVersion: build.KernelVersion,
    ...(release.buildTime !== '' && { BuildTime: release.buildTime }),
  };
}

const overlayStatus: Info['DriverStatus'] = [
  ['Backing Filesystem', 'tmpfs'],
  ['Supports d_type', 'true'],
  ['Using metacopy', 'false'],
  ['Native Overlay Diff', 'true'],
  ['userxattr', 'false'],
];

export function infoJson(facts: SystemFacts): Info {
  const { runtime, release, containers, config } = facts;
  const insecureNetworks = config.insecureRegistries.filter((name) => name.includes('/'));
  const insecureNames = config.insecureRegistries.filter((name) => !insecureNetworks.includes(name));
  return {
    ID: facts.id,
    Containers: containers.running + containers.paused + containers.stopped,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: facts.imageCount,
    Driver: config.storageDriver,
    DriverStatus: config.storageDriver === 'overlay2' ? overlayStatus : null,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null'],
      Authorization: null,
      Log: ['json-file', 'local'],
    },
    MemoryLimit: true,
    // The guest's kernel is built without swap and cpusets (images/machine/kernel/config).
    SwapLimit: false,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: false,
    PidsLimit: true,
    IPv4Forwarding: true,
    Debug: config.debug,
    NFd: 0,
    OomKillDisable: false,
    NGoroutines: 0,
    SystemTime: rfc3339Nano(facts.nowMs),
    LoggingDriver: config.logDriver,
    CgroupDriver: 'cgroupfs',
    CgroupVersion: '2',
    NEventsListener: facts.eventListenerCount,
    KernelVersion: runtime.kernelVersion,
    OperatingSystem: runtime.osName,
    OSVersion: runtime.osVersion,
    OSType: 'linux',
    Architecture: runtime.machine,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      IndexConfigs: {
        'docker.io': { Mirrors: [...config.registryMirrors], Name: 'docker.io', Official: true, Secure: true },
        ...Object.fromEntries(insecureNames.map((name) => [name, { Mirrors: [], Name: name, Official: false, Secure: false }])),
      },
      InsecureRegistryCIDRs: [...insecureNetworks, '::1/128', '127.0.0.0/8'],
      Mirrors: config.registryMirrors.length > 0 ? [...config.registryMirrors] : null,
    },
    NCPU: runtime.cpuCount,
    MemTotal: runtime.memTotalBytes,
    GenericResources: null,
    DockerRootDir: '/var/lib/docker',
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: facts.nodeName,
    Labels: [...config.labels],
    ExperimentalBuild: config.experimental,
    ServerVersion: release.version,
    Runtimes: { crun: { path: 'crun' } },
    DefaultRuntime: 'crun',
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: config.liveRestore,
    ...(config.addressPools && { DefaultAddressPools: config.addressPools.map(([Base, Size]) => ({ Base, Size })) }),
    Isolation: '',
    InitBinary: 'docker-init',
    ContainerdCommit: { ID: 'N/A' },
    RuncCommit: { ID: 'N/A' },
    InitCommit: { ID: 'N/A' },
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
    ...(release.behaviours.includes('firewall-backend') && { FirewallBackend: { Driver: 'nftables' } }),
    CDISpecDirs: [],
    Warnings: ['WARNING: No swap limit support', 'WARNING: No cpuset support'],
  };
}
