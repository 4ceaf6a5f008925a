/**
 * What a container may not ask for, in Docker's order and words.
 * Source: moby runconfig/hostconfig_unix.go; daemon/container.go, verifyContainerSettings; daemon/daemon_unix.go.
 */
import type { ContainerConfig, HealthConfig, HostConfig } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import { cleanPath } from '../go-path.ts';
import { looksLikeIpv6, parseIpv4 } from '../network/ipv4.ts';
import { destinationProblem, mountProblem } from './mount-parser.ts';
import { parseSignal } from './signals.ts';
import { normalizedCapabilities } from './spec/capabilities.ts';
import { adaptResources, type NodeLimits } from './validate-resources.ts';

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

/**
 * Combinations that contradict each other; checked on the request as it came.
 *
 * @flag  N[refused in Docker's words: the kernel has no real-time scheduling of groups]  docker container run, docker container create  --cpu-rt-period --cpu-rt-runtime
 * @flag  N[the kernel knows no such time: left unchanged]  docker container update  --cpu-rt-period --cpu-rt-runtime
 * @flag  P[default only: the others are Windows's]  docker container run, docker container create  --isolation
 */
export function checkModes(config: ContainerConfig, hostConfig: HostConfig): void {
  const { NetworkMode: network } = hostConfig;
  const hostname = config.Hostname !== '';
  const hasLinks = (hostConfig.Links ?? []).length > 0;
  if (network === 'container' || network.startsWith('container:')) {
    if (network.slice('container:'.length) === '') throw bad('invalid network mode: invalid container format container:<name|id>');
    if (hostname) throw bad('conflicting options: hostname and the network mode');
    if (hasLinks)
      throw bad("conflicting options: container type network can't be used with links. This would result in undefined behavior");
    if ((hostConfig.Dns ?? []).length > 0) throw bad('conflicting options: dns and the network mode');
    if ((hostConfig.ExtraHosts ?? []).length > 0) throw bad('conflicting options: custom host-to-IP mapping and the network mode');
    if (Object.keys(hostConfig.PortBindings ?? {}).length > 0 || hostConfig.PublishAllPorts) {
      throw bad('conflicting options: port publishing and the container type network mode');
    }
    if (Object.keys(config.ExposedPorts ?? {}).length > 0)
      throw bad('conflicting options: port exposing and the container type network mode');
  }
  if (hostConfig.UTSMode === 'host' && hostname) throw bad('conflicting options: hostname and the UTS mode');
  if (network === 'host' && hasLinks)
    throw bad("conflicting options: host type networking can't be used with links. This would result in undefined behavior");
  if (!['', 'default'].includes(hostConfig.Isolation.toLowerCase()))
    throw bad(`invalid isolation (${hostConfig.Isolation}): linux only supports 'default'`);
  if (hostConfig.IOMaximumBandwidth !== 0) throw bad('invalid option: QoS maximum bandwidth configuration is not supported on linux');
  if (hostConfig.IOMaximumIOps !== 0) throw bad('invalid option: QoS maximum IOPs configuration is not supported on linux');
  if (hostConfig.CpuRealtimePeriod !== 0 || hostConfig.CpuRealtimeRuntime !== 0)
    throw bad('kernel does not support CPU real-time scheduler');
  if (hostConfig.CpuShares < 0) throw bad(`invalid CPU shares (${hostConfig.CpuShares}): value must be a positive integer`);
}

/**
 * Checks both documents and puts right what Docker does.
 *
 * @param missing sources of `--mount type=bind` that are not there
 * @returns warnings
 */
export function checkSettings(config: ContainerConfig, hostConfig: HostConfig, node: NodeLimits, missing: ReadonlySet<string>): string[] {
  checkConfig(config);
  const warnings = checkHostConfig(hostConfig, missing);
  warnings.push(...adaptResources(hostConfig, node, false));
  checkNamespaceModes(hostConfig);
  if (hostConfig.ShmSize < 0) throw bad('SHM size can not be less than 0');
  if (hostConfig.OomScoreAdj < -1000 || hostConfig.OomScoreAdj > 1000) {
    throw bad(`Invalid value ${hostConfig.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  if (hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings ?? {}).length > 0) {
    warnings.push('Published ports are discarded when using host network mode');
  }
  if (!knownRuntimes.includes(hostConfig.Runtime ?? '')) throw bad(`unknown or invalid runtime name: ${hostConfig.Runtime}`);
  for (const destination of Object.keys(hostConfig.Tmpfs ?? {})) {
    const problem = destinationProblem(destination);
    if (problem) throw bad(problem);
  }
  if (!['', 'private', 'host'].includes(hostConfig.CgroupnsMode)) throw bad(`invalid cgroup namespace mode: ${hostConfig.CgroupnsMode}`);
  return warnings;
}

/** What `docker info` lists; they are all crun here. */
const knownRuntimes = ['runc', 'io.containerd.runc.v2', 'crun'];

function checkConfig(config: ContainerConfig): void {
  if (config.WorkingDir !== '') {
    if (!config.WorkingDir.startsWith('/'))
      throw bad(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
    config.WorkingDir = cleanPath(config.WorkingDir);
  }
  if (config.StopSignal) parseSignal(config.StopSignal);
  for (const pair of config.Env ?? []) if (pair.split('=')[0] === '') throw bad(`invalid environment variable: ${pair}`);
  if (config.Healthcheck) checkHealth(config.Healthcheck);
}

function checkHealth(health: HealthConfig): void {
  const minimumNs = 1e6;
  for (const key of ['Interval', 'Timeout'] as const) {
    if (health[key] && health[key] < minimumNs) throw bad(`${key} in Healthcheck cannot be less than 1ms`);
  }
  if ((health.Retries ?? 0) < 0) throw bad('Retries in Healthcheck cannot be negative');
  for (const key of ['StartPeriod', 'StartInterval'] as const) {
    if (health[key] && health[key] < minimumNs) throw bad(`${key} in Healthcheck cannot be less than 1ms`);
  }
}

function checkHostConfig(hostConfig: HostConfig, missing: ReadonlySet<string>): string[] {
  const warnings: string[] = [];
  const policy = hostConfig.RestartPolicy;
  if (hostConfig.AutoRemove && policy.Name !== 'no' && policy.Name !== '')
    throw bad("can't create 'AutoRemove' container with restart policy");
  for (const mount of hostConfig.Mounts ?? []) {
    if (mount.Type === 'image') warnings.push('Image mount is an experimental feature');
    const problem = mountProblem(mount, missing);
    if (problem) throw bad(problem);
  }
  for (const host of hostConfig.ExtraHosts ?? []) checkExtraHost(host);
  for (const [port, bindings] of Object.entries(hostConfig.PortBindings ?? {})) {
    checkPort(port);
    for (const binding of bindings ?? []) if (binding.HostPort !== '') checkPort(binding.HostPort);
  }
  checkRestartPolicy(policy);
  for (const [list, names] of [
    ['CapAdd', hostConfig.CapAdd],
    ['CapDrop', hostConfig.CapDrop],
  ] as const) {
    try {
      normalizedCapabilities(names ?? []);
    } catch (error) {
      throw bad(`invalid ${list}: ${(error as Error).message}`);
    }
  }
  if (Object.keys(hostConfig.Annotations ?? {}).includes(''))
    throw bad('invalid Annotations: the empty string is not permitted as an annotation key');
  return warnings;
}

export function checkRestartPolicy({ Name: name, MaximumRetryCount: count }: HostConfig['RestartPolicy']): void {
  if (['always', 'unless-stopped', 'no'].includes(name)) {
    if (count !== 0) {
      throw bad(
        `invalid restart policy: maximum retry count can only be used with 'on-failure'${count < 0 ? ' and cannot be negative' : ''}`,
      );
    }
  } else if (name === 'on-failure') {
    if (count < 0) throw bad('invalid restart policy: maximum retry count cannot be negative');
  } else if (name !== '') {
    throw bad(`invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
}

/** `name:address`; `host-gateway` stands for the node. */
function checkExtraHost(text: string): void {
  const [name, address] = text.split(/:(.*)/s);
  if (!name || address === undefined) throw bad(`bad format for add-host: ${JSON.stringify(text)}`);
  if (address === 'host-gateway') return;
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  if (parseIpv4(bare) === undefined && !looksLikeIpv6(bare)) throw bad(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}

function checkPort(text: string): void {
  const port = text.split('/')[0] as string;
  const numbers = port.split('-');
  const valid = numbers.length <= 2 && numbers.every((number) => /^\d+$/.test(number) && Number(number) <= 65535);
  if (!valid) throw bad(`invalid port specification: ${JSON.stringify(port)}`);
}

function checkNamespaceModes(hostConfig: HostConfig): void {
  const ofContainer = (mode: string): boolean => /^container:.+$/.test(mode);
  const { IpcMode: ipc, PidMode: pid, UTSMode: uts } = hostConfig;
  if (!['', 'none', 'private', 'shareable', 'host'].includes(ipc) && !ofContainer(ipc)) throw bad(`invalid IPC mode: ${ipc}`);
  if (!['', 'host'].includes(pid) && !ofContainer(pid)) throw bad(`invalid PID mode: ${pid}`);
  if (!['', 'host'].includes(uts)) throw bad(`invalid UTS mode: ${uts}`);
}
