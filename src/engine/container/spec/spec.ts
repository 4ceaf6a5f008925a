/**
 * Turns a container into the OCI configuration that the runtime carries out. Pure: what has to be looked up (the
 * image's users, other containers' pids) comes in as arguments.
 * Source: moby daemon/oci_linux.go, createSpec; oci/defaults.go.
 */
import { EngineError } from '../../errors.ts';
import { seccompAnnotation, seccompProgram } from '../../runtime/seccomp/compile.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';
import type { ContainerRecord } from '../container.ts';
import type { ReadyMounts } from '../ready-mounts.ts';
import { capabilitiesOf } from './capabilities.ts';
import { devicesOf } from './devices.ts';
import { environmentOf } from './environment.ts';
import { hasInit, initPath, mountsOf, rootPropagation } from './mounts.ts';
import { resourcesOf } from './resources.ts';
import { parseSecurityOptions } from './security-options.ts';
import { resolveUser, type UserFiles, withHome } from './users.ts';

export interface SpecFacts {
  /** Of the image. */
  userFiles: UserFiles;
  kernelVersion: string;
  /** `uname -m`: `i686`. */
  machine: string;
  /** Process id, as the node sees it, of a container whose namespaces are to be joined. */
  pidOf: (containerId: string) => number;
  /** What its mounts show at the moment. */
  mounts: ReadyMounts;
  /** Variables that tell of the containers it is linked to. */
  linkedEnvironment?: readonly string[];
}

/** Facts of the OCI defaults: moby oci/defaults.go. */
export const defaultMaskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
export const defaultReadonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export function buildSpec(container: ContainerRecord, facts: SpecFacts): RuntimeSpec {
  const { config, hostConfig } = container;
  const user = resolveUser(config.User, hostConfig.GroupAdd ?? [], facts.userFiles);
  const capabilities = capabilitiesOf(hostConfig.CapAdd ?? [], hostConfig.CapDrop ?? [], hostConfig.Privileged);
  const security = parseSecurityOptions(hostConfig.SecurityOpt ?? [], hostConfig.Privileged);
  const { devices, rules } = devicesOf(hostConfig);
  const ulimits = hostConfig.Ulimits ?? [];
  refuseMissing(container);
  const annotations = { ...hostConfig.Annotations };
  if (security.seccomp) {
    annotations[seccompAnnotation] = seccompProgram(security.seccomp, {
      arch: archOf(facts.machine),
      capabilities,
      kernelVersion: facts.kernelVersion,
    });
  }
  const [height, width] = hostConfig.ConsoleSize;
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: config.Tty,
      ...(config.Tty && height > 0 && width > 0 ? { consoleSize: { height, width } } : {}),
      user,
      args: [...(hasInit(hostConfig) ? [initPath, '--'] : []), container.path, ...container.args],
      env: withHome(environmentOf(config.Hostname, config.Tty, config.Env ?? [], facts.linkedEnvironment), user.uid, facts.userFiles),
      cwd: config.WorkingDir || '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [], ambient: [] },
      ...(ulimits.length > 0 && {
        rlimits: ulimits.map(({ Name, Soft, Hard }) => ({ type: `RLIMIT_${Name.toUpperCase()}`, soft: Soft, hard: Hard })),
      }),
      noNewPrivileges: security.noNewPrivileges,
      oomScoreAdj: hostConfig.OomScoreAdj,
    },
    root: { path: 'rootfs', readonly: hostConfig.ReadonlyRootfs },
    ...(hostConfig.UTSMode === 'host'
      ? {}
      : { hostname: config.Hostname, ...(config.Domainname === '' ? {} : { domainname: config.Domainname }) }),
    mounts: mountsOf(container, facts.mounts, security.writableCgroups),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    linux: {
      namespaces: namespacesOf(container, facts.pidOf),
      cgroupsPath: `${hostConfig.CgroupParent || '/docker'}/${container.id}`,
      resources: { devices: rules, ...resourcesOf(hostConfig) },
      devices,
      maskedPaths: hostConfig.MaskedPaths ?? [],
      readonlyPaths: hostConfig.ReadonlyPaths ?? [],
      sysctl: sysctlsOf(container),
      rootfsPropagation: rootPropagation(facts.mounts),
    },
  };
}

type Namespace = RuntimeSpec['linux']['namespaces'][number];

/** The network's path is the runtime's to fill in. */
function namespacesOf({ hostConfig }: ContainerRecord, pidOf: SpecFacts['pidOf']): Namespace[] {
  const shared = (type: Namespace['type'], kind: string, mode: string): Namespace[] => {
    if (mode === 'host') return [];
    const other = /^container:(.+)$/.exec(mode)?.[1];
    return [other === undefined ? { type } : { type, path: `/proc/${pidOf(other)}/ns/${kind}` }];
  };
  return [
    { type: 'mount' },
    ...(hostConfig.NetworkMode === 'host' ? [] : [{ type: 'network' as const }]),
    ...(hostConfig.UTSMode === 'host' ? [] : [{ type: 'uts' as const }]),
    ...shared('pid', 'pid', hostConfig.PidMode),
    ...shared('ipc', 'ipc', hostConfig.IpcMode),
    ...(hostConfig.CgroupnsMode === 'host' ? [] : [{ type: 'cgroup' as const }]),
  ];
}

/** Docker opens low ports and ping to everybody in a network namespace of its own. */
function sysctlsOf({ hostConfig }: ContainerRecord): Record<string, string> {
  const own = hostConfig.NetworkMode !== 'host' && !hostConfig.NetworkMode.startsWith('container:');
  return {
    ...(own ? { 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' } : {}),
    ...hostConfig.Sysctls,
  };
}

/**
 * What can be asked for but not done, with one line that says so.
 *
 * @flag  N[no GPU and no driver of one: refused at the start, in Docker's words]  docker container run, docker container create  --gpus
 */
function refuseMissing({ hostConfig }: ContainerRecord): void {
  const [request] = hostConfig.DeviceRequests ?? [];
  if (request) {
    const capabilities = (request.Capabilities ?? []).map((list) => `[${list.join(' ')}]`).join(' ');
    throw new EngineError(
      'invalid-parameter',
      `could not select device driver ${JSON.stringify(request.Driver ?? '')} with capabilities: [${capabilities}]`,
    );
  }
}

/** Names as seccomp profiles use them. */
function archOf(machine: string): string {
  if (/^i[3-6]86$/.test(machine)) return 'x86';
  return machine === 'x86_64' ? 'amd64' : machine;
}
