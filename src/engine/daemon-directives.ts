/**
 * The directives of daemon.json: their names, the shape of their values, and the flags of dockerd that say the same. What
 * is known here but means nothing to this engine is taken and has no effect, as on a host where it changes nothing.
 * Source: moby daemon/config/config.go and config_linux.go, cmd/dockerd/config.go and config_unix.go, v28.2.2.
 */
import { type Shape, stringMap, strings } from './api/shape.ts';

export interface Directive {
  /** Of the flag, when it is not the directive's own name. */
  flag?: string;
  shape: Shape;
}

const ulimits: Shape = { map: { struct: { Name: 'string', Hard: 'int64', Soft: 'int64' } } };

export const directives: Readonly<Record<string, Directive>> = {
  'allow-nondistributable-artifacts': { shape: strings },
  'authorization-plugins': { flag: 'authorization-plugin', shape: strings },
  bip: { shape: 'string' },
  bridge: { shape: 'string' },
  builder: { shape: 'any' },
  'cgroup-parent': { shape: 'string' },
  containerd: { shape: 'string' },
  'containerd-namespace': { shape: 'string' },
  'containerd-plugins-namespace': { shape: 'string' },
  'data-root': { shape: 'string' },
  debug: { shape: 'bool' },
  'default-address-pools': { flag: 'default-address-pool', shape: { list: { struct: { base: 'string', size: 'int' } } } },
  'default-cgroupns-mode': { shape: 'string' },
  'default-gateway': { shape: 'string' },
  'default-ipc-mode': { shape: 'string' },
  'default-network-opts': { flag: 'default-network-opt', shape: { map: stringMap } },
  'default-runtime': { shape: 'string' },
  'default-shm-size': { shape: 'any' },
  'default-ulimits': { flag: 'default-ulimit', shape: ulimits },
  dns: { shape: strings },
  'dns-opts': { flag: 'dns-opt', shape: strings },
  'dns-search': { shape: strings },
  'exec-opts': { flag: 'exec-opt', shape: strings },
  'exec-root': { shape: 'string' },
  experimental: { shape: 'bool' },
  features: { flag: 'feature', shape: { map: 'bool' } },
  'fixed-cidr': { shape: 'string' },
  group: { shape: 'string' },
  hosts: { flag: 'host', shape: strings },
  'host-gateway-ip': { shape: 'string' },
  'http-proxy': { shape: 'string' },
  'https-proxy': { shape: 'string' },
  icc: { shape: 'bool' },
  init: { shape: 'bool' },
  'init-path': { shape: 'string' },
  'insecure-registries': { flag: 'insecure-registry', shape: strings },
  ip: { shape: 'string' },
  'ip-forward': { shape: 'bool' },
  'ip-masq': { shape: 'bool' },
  ip6tables: { shape: 'bool' },
  iptables: { shape: 'bool' },
  ipv6: { shape: 'bool' },
  labels: { flag: 'label', shape: strings },
  'live-restore': { shape: 'bool' },
  'log-driver': { shape: 'string' },
  'log-format': { shape: 'string' },
  'log-level': { shape: 'string' },
  'log-opts': { flag: 'log-opt', shape: stringMap },
  'max-concurrent-downloads': { shape: 'int' },
  'max-concurrent-uploads': { shape: 'int' },
  'max-download-attempts': { shape: 'int' },
  'metrics-addr': { shape: 'string' },
  mtu: { shape: 'int' },
  'no-new-privileges': { shape: 'bool' },
  'no-proxy': { shape: 'string' },
  'oom-score-adjust': { shape: 'int' },
  pidfile: { shape: 'string' },
  'raw-logs': { shape: 'bool' },
  'registry-mirrors': { flag: 'registry-mirror', shape: strings },
  runtimes: { shape: 'any' },
  'seccomp-profile': { shape: 'string' },
  'selinux-enabled': { shape: 'bool' },
  'shutdown-timeout': { shape: 'int' },
  'storage-driver': { shape: 'string' },
  'storage-opts': { flag: 'storage-opt', shape: strings },
  'swarm-default-advertise-addr': { shape: 'string' },
  tls: { shape: 'bool' },
  tlscacert: { shape: 'string' },
  tlscert: { shape: 'string' },
  tlskey: { shape: 'string' },
  tlsverify: { shape: 'bool' },
  'userland-proxy': { shape: 'bool' },
  'userland-proxy-path': { shape: 'string' },
  'userns-remap': { shape: 'string' },
};

/** Letters of flags that have one. */
export const shortFlags: Readonly<Record<string, string>> = {
  b: 'bridge',
  D: 'debug',
  G: 'group',
  H: 'host',
  l: 'log-level',
  p: 'pidfile',
  s: 'storage-driver',
};

/** Name of the flag that says the same as a directive. */
export function flagOf(name: string): string {
  return directives[name]?.flag ?? name;
}
