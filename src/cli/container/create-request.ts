/**
 * The body of `POST /containers/create` that `docker run` and `docker create` send for their flags, with
 * the checks that the client makes itself. Field for field what Docker 28.2.2 sends, empty ones included.
 * Source: docker/cli cli/command/container/opts.go, parse; moby client/container_create.go.
 */
import type { EndpointSettings } from '#engine/api/types/network.ts';
import type { CliEnvironment } from '#cli/environment.ts';
import type { ContainerConfig, HostConfig, Mount, Resources, Ulimit } from '#engine/api/types/container.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { parseBindSpec } from '../options/bind-spec.ts';
import { cleanPath, isQualifiedDeviceName, parseDevice, type DeviceMapping } from '../options/device.ts';
import type { DeviceRequest } from '../options/gpu.ts';
import { cut, readKeyValues, toMap } from '../options/key-value-file.ts';
import { isMacAddress } from '../options/mac-address.ts';
import { parseExposedPorts, parsePublishedPorts, type PortSpecs } from '../options/published-port.ts';
import { parseRestartPolicy } from '../options/restart-policy.ts';
import { networking } from './endpoint-settings.ts';
import { healthConfig } from './health-check.ts';
import { securityOptions } from './security-options.ts';

export interface FullCreateRequest extends ContainerConfig {
  HostConfig: HostConfig;
  NetworkingConfig: { EndpointsConfig: Record<string, EndpointSettings> };
}

/**
 * @param flags of `docker run` or `docker create`; its arguments are the image, then the command
 * @param addProxies adds the configuration's proxies to what `--env` gives
 * @throws Error with Docker's words for what does not go together or cannot be read
 */
export async function createRequest(
  environment: CliEnvironment,
  flags: ParsedFlags,
  addProxies: (env: string[]) => Promise<string[]>,
): Promise<FullCreateRequest> {
  const [image = '', ...command] = flags.args;
  const mac = flags.string('mac-address');
  if (mac !== '' && !isMacAddress(mac)) throw new Error(`${mac} is not a valid mac address`);
  const swappiness = flags.number('memory-swappiness');
  if (swappiness < -1 || swappiness > 100) throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  const volumes = volumesOf(environment, flags);
  const ports = portsOf(flags);
  const devices = devicesOf(flags);
  const env = await environmentOf(environment, flags, addProxies);
  const labels = toMap(await readKeyValues(environment.files, flags.list('label-file'), flags.list('label')));
  checkNamespaces(flags);
  const restart = parseRestartPolicy(flags.string('restart'));
  const logging = loggingOf(flags);
  const security = await securityOptions(environment.files, flags.list('security-opt'));
  const storage = storageOptions(flags);
  const health = healthConfig(flags);
  if (flags.bool('rm') && restart.Name !== 'no' && restart.Name !== '') {
    throw new Error('conflicting options: cannot specify both --restart and --rm');
  }
  const networks = networking(flags);

  return {
    ...processOf(flags, command),
    ...(Object.keys(ports.exposed).length > 0 && { ExposedPorts: ports.exposed }),
    Env: orNull(env),
    ...(health && { Healthcheck: health }),
    Image: image,
    Volumes: volumes.anonymous,
    OnBuild: null,
    Labels: labels,
    HostConfig: {
      Binds: orNull(volumes.binds),
      ContainerIDFile: flags.string('cidfile'),
      LogConfig: logging,
      NetworkMode: networks.NetworkMode,
      PortBindings: ports.bindings,
      RestartPolicy: restart,
      AutoRemove: flags.bool('rm'),
      VolumeDriver: flags.string('volume-driver'),
      VolumesFrom: orNull(flags.list('volumes-from')),
      ConsoleSize: consoleSize(environment),
      ...privilegesOf(flags),
      ...namespacesOf(flags),
      ...nameResolutionOf(flags),
      Cgroup: '',
      PublishAllPorts: flags.bool('publish-all'),
      ...security,
      ...fileSystemsOf(flags, storage),
      ...resourcesOf(flags, devices),
      ...extrasOf(flags),
    },
    NetworkingConfig: { EndpointsConfig: networks.EndpointsConfig },
  };
}

/** Rows and columns; zeros without a terminal. */
export function consoleSize(environment: CliEnvironment): [rows: number, columns: number] {
  const size = environment.stdout.size();
  return size ? [size.rows, size.columns] : [0, 0];
}

/** Who runs what, and where its streams go. */
function processOf(flags: ParsedFlags, command: string[]) {
  const attach = flags.list('attach');
  const interactive = flags.bool('interactive');
  const attachStdin = interactive || attach.includes('stdin');
  const entrypoint = flags.string('entrypoint');
  return {
    Hostname: flags.string('hostname'),
    Domainname: flags.string('domainname'),
    User: flags.string('user'),
    AttachStdin: attachStdin,
    AttachStdout: attach.length === 0 || attach.includes('stdout'),
    AttachStderr: attach.length === 0 || attach.includes('stderr'),
    Tty: flags.bool('tty'),
    OpenStdin: interactive,
    // Standard input ends with the client that is attached to it.
    StdinOnce: interactive && attachStdin,
    Cmd: orNull(command),
    WorkingDir: flags.string('workdir'),
    // `--entrypoint=` resets the image's.
    Entrypoint: entrypoint !== '' || flags.changed('entrypoint') ? [entrypoint] : null,
    ...(flags.string('stop-signal') !== '' && { StopSignal: flags.string('stop-signal') }),
    ...(flags.changed('stop-timeout') && { StopTimeout: flags.number('stop-timeout') }),
  };
}

/** Splits `--volume` into mounts and the paths of anonymous volumes, which belong to the configuration. */
function volumesOf(environment: CliEnvironment, flags: ParsedFlags): { binds: string[]; anonymous: Record<string, Record<string, never>> } {
  const binds: string[] = [];
  const anonymous: Record<string, Record<string, never>> = {};
  for (const spec of new Set(flags.list('volume'))) {
    const { source, type } = parseBindSpec(spec);
    if (source === '') anonymous[spec] = {};
    else binds.push(type === 'bind' && source.startsWith('.') ? absoluteSource(environment.cwd, spec) : spec);
  }
  return { binds, anonymous };
}

function absoluteSource(cwd: string, spec: string): string {
  const colon = spec.indexOf(':');
  return cleanPath(`${cwd}/${spec.slice(0, colon)}`) + spec.slice(colon);
}

function portsOf(flags: ParsedFlags): PortSpecs {
  const ports = parsePublishedPorts(flags.list('publish'));
  for (const port of flags.list('expose').flatMap(parseExposedPorts)) ports.exposed[port] ??= {};
  return ports;
}

function devicesOf(flags: ParsedFlags): { Devices: DeviceMapping[]; DeviceRequests: DeviceRequest[] | null } {
  const devices = flags.list('device');
  const requests = [...flags.value<DeviceRequest[]>('gpus')];
  const qualified = devices.filter(isQualifiedDeviceName);
  if (qualified.length > 0) requests.push({ Driver: 'cdi', Count: 0, DeviceIDs: qualified, Capabilities: null, Options: null });
  return { Devices: devices.filter((device) => !isQualifiedDeviceName(device)).map(parseDevice), DeviceRequests: orNull(requests) };
}

/** Files first, then `--env`, where the last value of a name counts. */
async function environmentOf(
  environment: CliEnvironment,
  flags: ParsedFlags,
  addProxies: (env: string[]) => Promise<string[]>,
): Promise<string[]> {
  const given = new Map(flags.list('env').map((pair) => [cut(pair)[0], pair]));
  return readKeyValues(environment.files, flags.list('env-file'), await addProxies([...given.values()]), (name) => environment.env[name]);
}

function checkNamespaces(flags: ParsedFlags): void {
  const pid = flags.string('pid');
  if (!['', 'host'].includes(pid) && !/^container:./s.test(pid)) throw new Error('--pid: invalid PID mode');
  if (!['', 'host'].includes(flags.string('uts'))) throw new Error('--uts: invalid UTS mode');
  if (!['', 'host'].includes(flags.string('userns'))) throw new Error('--userns: invalid USER mode');
  if (!['', 'private', 'host'].includes(flags.string('cgroupns'))) throw new Error('--cgroupns: invalid CGROUP mode');
}

function namespacesOf(flags: ParsedFlags) {
  return {
    CgroupnsMode: flags.string('cgroupns'),
    IpcMode: flags.string('ipc'),
    PidMode: flags.string('pid'),
    UTSMode: flags.string('uts'),
    UsernsMode: flags.string('userns'),
    Isolation: flags.string('isolation'),
  };
}

function privilegesOf(flags: ParsedFlags) {
  return {
    CapAdd: capabilities(flags.list('cap-add')),
    CapDrop: capabilities(flags.list('cap-drop')),
    GroupAdd: orNull(flags.list('group-add')),
    Privileged: flags.bool('privileged'),
  };
}

/** Upper case with `CAP_`, each once, sorted. */
function capabilities(names: string[]): string[] | null {
  const normal = names.map((name) => name.toUpperCase()).map((name) => (name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`));
  return orNull([...new Set(normal)].sort());
}

function nameResolutionOf(flags: ParsedFlags) {
  return {
    Dns: flags.list('dns'),
    DnsOptions: [...flags.list('dns-option'), ...flags.list('dns-opt')],
    DnsSearch: flags.list('dns-search'),
    ExtraHosts: orNull(flags.list('add-host')),
    Links: orNull(flags.list('link')),
  };
}

function loggingOf(flags: ParsedFlags): HostConfig['LogConfig'] {
  const driver = flags.string('log-driver');
  const options = flags.list('log-opt');
  if (driver === 'none' && options.length > 0) throw new Error(`invalid logging opts for driver ${driver}`);
  return { Type: driver, Config: toMap(options) };
}

function storageOptions(flags: ParsedFlags): Record<string, string> {
  const options = flags.list('storage-opt');
  if (!options.every((option) => option.includes('='))) throw new Error('invalid storage option');
  return toMap(options);
}

function fileSystemsOf(flags: ParsedFlags, storage: Record<string, string>) {
  const tmpfs = Object.fromEntries(flags.list('tmpfs').map((spec) => splitAt(spec, ':')));
  const mounts = flags.value<Mount[]>('mount');
  return {
    ReadonlyRootfs: flags.bool('read-only'),
    ShmSize: flags.number('shm-size'),
    ...(Object.keys(storage).length > 0 && { StorageOpt: storage }),
    ...(Object.keys(tmpfs).length > 0 && { Tmpfs: tmpfs }),
    ...(mounts.length > 0 && { Mounts: mounts }),
  };
}

function resourcesOf(flags: ParsedFlags, devices: Pick<Resources, 'Devices' | 'DeviceRequests'>): Resources {
  return {
    CpuShares: flags.number('cpu-shares'),
    Memory: flags.number('memory'),
    NanoCpus: flags.number('cpus'),
    CgroupParent: flags.string('cgroup-parent'),
    BlkioWeight: flags.number('blkio-weight'),
    BlkioWeightDevice: flags.value('blkio-weight-device'),
    BlkioDeviceReadBps: flags.value('device-read-bps'),
    BlkioDeviceWriteBps: flags.value('device-write-bps'),
    BlkioDeviceReadIOps: flags.value('device-read-iops'),
    BlkioDeviceWriteIOps: flags.value('device-write-iops'),
    CpuPeriod: flags.number('cpu-period'),
    CpuQuota: flags.number('cpu-quota'),
    CpuRealtimePeriod: flags.number('cpu-rt-period'),
    CpuRealtimeRuntime: flags.number('cpu-rt-runtime'),
    CpusetCpus: flags.string('cpuset-cpus'),
    CpusetMems: flags.string('cpuset-mems'),
    ...devices,
    DeviceCgroupRules: orNull(flags.list('device-cgroup-rule')),
    MemoryReservation: flags.number('memory-reservation'),
    MemorySwap: flags.number('memory-swap'),
    MemorySwappiness: flags.number('memory-swappiness'),
    OomKillDisable: flags.bool('oom-kill-disable'),
    PidsLimit: flags.number('pids-limit'),
    Ulimits: [...flags.value<Ulimit[]>('ulimit')].sort((a, b) => (a.Name < b.Name ? -1 : 1)),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: flags.number('io-maxiops'),
    IOMaximumBandwidth: flags.number('io-maxbandwidth'),
  };
}

/** Fields that are only sent when given. */
function extrasOf(flags: ParsedFlags) {
  const annotations = flags.value<Record<string, string>>('annotation');
  const sysctls = flags.value<Record<string, string>>('sysctl');
  return {
    OomScoreAdj: flags.number('oom-score-adj'),
    ...(Object.keys(annotations).length > 0 && { Annotations: annotations }),
    ...(Object.keys(sysctls).length > 0 && { Sysctls: sysctls }),
    ...(flags.string('runtime') !== '' && { Runtime: flags.string('runtime') }),
    ...(flags.changed('init') && { Init: flags.bool('init') }),
  };
}

function splitAt(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function orNull<T>(list: T[]): T[] | null {
  return list.length > 0 ? list : null;
}
