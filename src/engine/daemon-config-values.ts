/**
 * From dockerd's settings to what the engine goes by: values are checked, and what this engine cannot do is refused, so that
 * no directive is taken that is not kept.
 * Source: moby daemon/config/config.go, Validate; daemon/config/config_linux.go; daemon/graphdriver/driver.go; opts.
 */
import type { Ulimit } from './api/types/container.ts';
import { validateLogConfig } from './container/log/options.ts';
import { type CgroupnsMode, type DaemonConfig, defaultDaemonConfig } from './daemon-config.ts';
import { daemonFile, DaemonConfigError, type DaemonSettings } from './daemon-settings.ts';
import { EngineError } from './errors.ts';
import { parseRamSize } from './go-values.ts';
import { parseIpv4, parsePrefix, looksLikeIpv6 } from './network/ipv4.ts';
import type { StorageDriver } from './storage-driver.ts';
import type { AddressPools } from './network/default-subnets.ts';

/** @throws DaemonConfigError with all that dockerd prints */
export function configOf(settings: DaemonSettings): DaemonConfig {
  const get = <T>(name: string): T | undefined => (settings[name] ?? undefined) as T | undefined;
  checkValues(get);
  refuseUnavailable(get);
  const logDriver = get<string>('log-driver') || defaultDaemonConfig.logDriver;
  const logOptions = get<Record<string, string>>('log-opts') ?? {};
  checkLog(logDriver, logOptions);
  return {
    defaultCgroupnsMode: (get<string>('default-cgroupns-mode') || defaultDaemonConfig.defaultCgroupnsMode) as CgroupnsMode,
    storageDriver: storageDriverOf(get<string>('storage-driver') ?? ''),
    logDriver,
    logOptions,
    addressPools: addressPoolsOf(get('default-address-pools')),
    bridgeAddress: bridgeAddressOf(get('bip')),
    interContainer: get<boolean>('icc') ?? true,
    publishAddress: get<string>('ip') ?? '',
    dns: get('dns') ?? [],
    dnsSearch: get('dns-search') ?? [],
    dnsOptions: get('dns-opts') ?? [],
    insecureRegistries: get('insecure-registries') ?? [],
    registryMirrors: get('registry-mirrors') ?? [],
    liveRestore: get('live-restore') ?? false,
    labels: get('labels') ?? [],
    debug: get('debug') ?? false,
    experimental: get('experimental') ?? false,
    init: get('init') ?? false,
    noNewPrivileges: get('no-new-privileges') ?? false,
    defaultUlimits: ulimitsOf(get('default-ulimits')),
    defaultShmBytes: shmBytesOf(get('default-shm-size')),
    defaultIpcMode: (get<string>('default-ipc-mode') || defaultDaemonConfig.defaultIpcMode) as DaemonConfig['defaultIpcMode'],
    shutdownTimeoutSeconds: get('shutdown-timeout') ?? defaultDaemonConfig.shutdownTimeoutSeconds,
  };
}

type Get = <T>(name: string) => T | undefined;

function checkValues(get: Get): void {
  checkLabels(get<string[]>('labels') ?? []);
  for (const address of get<string[]>('dns') ?? [])
    if (!isAddress(address)) throw invalid(`IP address is not correctly formatted: ${address}`);
  for (const domain of get<string[]>('dns-search') ?? [])
    if (domain !== '.' && !/^[a-zA-Z0-9_]([a-zA-Z0-9_-]*)(\.[a-zA-Z0-9_-]+)*\.?$/.test(domain))
      throw invalid(`"${domain}" is not a valid domain`);
  const level = get<string>('log-level') || 'info';
  if (!['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic'].includes(level.toLowerCase()))
    throw invalid(`invalid logging level: ${level}`);
  const format = get<string>('log-format') || 'text';
  if (!['text', 'json'].includes(format)) throw invalid(`invalid log format: ${format}`);
  for (const what of ['downloads', 'uploads']) {
    const count = get<number>(`max-concurrent-${what}`) ?? 0;
    if (count < 0) throw invalid(`invalid max concurrent ${what}: ${count}`);
  }
  if ((get<number>('max-download-attempts') ?? 1) < 0)
    throw invalid(`invalid max download attempts: ${get<number>('max-download-attempts')}`);
  const cgroupns = get<string>('default-cgroupns-mode') || 'private';
  if (cgroupns !== 'private' && cgroupns !== 'host')
    throw invalid(`default cgroup namespace mode (${cgroupns}) is invalid; use "host" or "private"`);
  const ipc = get<string>('default-ipc-mode') || 'private';
  if (ipc !== 'private' && ipc !== 'shareable') throw invalid(`IPC mode "${ipc}" is not supported as default value`);
  const address = get<string>('ip') ?? '';
  if (address !== '' && !isAddress(address)) throw invalid(`invalid IP address: ${address}`);
  const runtime = get<string>('default-runtime') || 'runc';
  if (!['runc', 'crun', 'io.containerd.runc.v2'].includes(runtime)) throw invalid(`specified default runtime '${runtime}' does not exist`);
}

function checkLabels(labels: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const label of labels) {
    const [key = '', ...value] = label.split('=');
    if (value.length === 0) throw invalid(`bad attribute format: ${label}`);
    const before = seen.get(key);
    if (before !== undefined && before !== label) throw invalid(`conflict labels for ${key}=${before.slice(key.length + 1)} and ${label}`);
    seen.set(key, label);
  }
}

/** What would be taken in vain is not taken at all. */
function refuseUnavailable(get: Get): void {
  const root = get<string>('data-root');
  if (root !== undefined && root !== '' && root !== '/var/lib/docker')
    throw failed(`data-root ${root}: the engine of this machine keeps its data in /var/lib/docker only`);
  for (const host of get<string[]>('hosts') ?? [])
    if (!/^(unix:\/\/(\/var)?\/run\/docker\.sock|fd:\/\/)$/.test(host))
      throw failed(`failed to load listeners: ${host}: the daemon of this machine listens at unix:///var/run/docker.sock only`);
  const absent = ['tls', 'tlsverify', 'ipv6', 'selinux-enabled'].find((name) => get<boolean>(name) === true);
  if (absent !== undefined) throw failed(`${absent} is not available in this machine`);
  if (get<string>('userns-remap')) throw failed('userns-remap is not available in this machine');
}

function checkLog(driver: string, options: Readonly<Record<string, string>>): void {
  try {
    validateLogConfig({ Type: driver, Config: { ...options } });
  } catch (error) {
    if (error instanceof EngineError) throw failed(`failed to set log opts: ${error.message}`);
    throw error;
  }
}

const removedDrivers = ['aufs', 'devicemapper', 'overlay'];

/** Those that need a file system, or a program, that this machine has not. */
const foreignDrivers: Readonly<Record<string, string>> = {
  btrfs: 'prerequisites for driver not satisfied (wrong filesystem?)',
  zfs: 'prerequisites for driver not satisfied (wrong filesystem?)',
  'fuse-overlayfs': 'driver not supported',
};

function storageDriverOf(name: string): StorageDriver {
  if (name === '') return 'overlay2';
  if (name === 'overlay2' || name === 'vfs') return name;
  const why = removedDrivers.includes(name)
    ? `[graphdriver] ERROR: the ${name} storage-driver has been deprecated and removed; visit https://docs.docker.com/go/storage-driver/ for more information`
    : (foreignDrivers[name] ?? 'driver not supported');
  throw failed(`error initializing graphdriver: ${why}`);
}

function addressPoolsOf(pools: { base?: string; size?: number }[] | undefined): AddressPools | undefined {
  if (!pools || pools.length === 0) return undefined;
  return pools.map(({ base = '', size = 0 }) => {
    const prefix = parsePrefix(base);
    if (!prefix) throw failed(`Error initializing network controller: invalid CIDR address: ${base}`);
    if (size < prefix.bits || size > 32) throw failed(`Error initializing network controller: invalid pools size: ${size}`);
    return [base, size];
  });
}

function bridgeAddressOf(bip: string | undefined): string | undefined {
  if (bip === undefined || bip === '') return undefined;
  if (!parsePrefix(bip))
    throw failed(`Error initializing network controller: error creating default "bridge" network: invalid CIDR address: ${bip}`);
  return bip;
}

function ulimitsOf(limits: Record<string, { Name?: string; Hard?: number; Soft?: number } | string> | undefined): Ulimit[] {
  return Object.entries(limits ?? {}).map(([name, given]) => {
    if (typeof given !== 'string') return { Name: given.Name || name, Hard: given.Hard ?? 0, Soft: given.Soft ?? 0 };
    const [soft = '', hard = soft] = given.split(':');
    return { Name: name, Soft: Number(soft), Hard: Number(hard) };
  });
}

/** A number of bytes, or `64m`. */
function shmBytesOf(size: unknown): number {
  if (size === undefined) return 0;
  if (typeof size === 'number' && size >= 0) return size;
  const bytes = parseRamSize(String(size));
  if (bytes === undefined) throw invalid(`invalid size: '${String(size)}'`);
  return bytes;
}

function isAddress(text: string): boolean {
  return parseIpv4(text) !== undefined || looksLikeIpv6(text);
}

function invalid(message: string): DaemonConfigError {
  return new DaemonConfigError(
    `unable to configure the Docker daemon with file ${daemonFile}: merged configuration validation from file and command line flags failed: ${message}`,
  );
}

function failed(message: string): DaemonConfigError {
  return new DaemonConfigError(`failed to start daemon: ${message}`);
}
