/**
 * The files that tell a container its name, its hosts and its name servers: written when it starts, and changed while it
 * runs when it joins or leaves a network.
 * Source: moby libnetwork/sandbox_dns_unix.go.
 */
import { type HostsEntry, hostsFile, ownNames, resolvConf, type ResolverKind } from '../network/etc-files.ts';
import { formatIpv4 } from '../network/ipv4.ts';
import type { Endpoint, Network } from '../network/network.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { linkedHosts } from './links.ts';

const encoder = new TextEncoder();

type Joined = readonly { network: Network; endpoint: Endpoint }[];

export function writeNetworkFiles(containers: Containers, container: Container, joined: Joined): void {
  const { id, config, hostConfig, paths } = container;
  const directory = `/var/lib/docker/containers/${id}`;
  paths.hostname = `${directory}/hostname`;
  paths.hosts = `${directory}/hosts`;
  paths.resolvConf = `${directory}/resolv.conf`;
  const extra = [
    ...extraHosts(containers, container),
    ...linkedHosts(containers, container),
    ...joined.flatMap(({ endpoint }) => ownHosts(container, endpoint)),
  ];
  const onHost = hostConfig.NetworkMode === 'host';
  const plain = onHost && (hostConfig.ExtraHosts ?? []).length === 0;
  write(containers, id, 'hostname', `${config.Hostname}\n`);
  write(containers, id, 'hosts', plain ? containers.nodeFiles.hosts : hostsFile(extra));
  const kind = joined.some(({ network }) => network.named)
    ? 'internal'
    : joined.some(({ network }) => network.driver === 'bridge')
      ? 'legacy'
      : 'none';
  writeResolvConf(containers, container, kind);
}

export function writeResolvConf(containers: Containers, container: Container, kind: ResolverKind): void {
  const { hostConfig } = container;
  const { config } = containers.ports;
  const overrides = {
    servers: nameServersOf(containers, container),
    search: given(hostConfig.DnsSearch, config.dnsSearch),
    options: given(hostConfig.DnsOptions, config.dnsOptions),
  };
  write(containers, container.id, 'resolv.conf', resolvConf(containers.nodeFiles.resolvConf, overrides, kind));
}

/** Those that a container was told to ask, or the daemon for all of them; empty: the node's. */
export function nameServersOf(containers: Containers, { hostConfig }: Container): string[] {
  return given(hostConfig.Dns, containers.ports.config.dns);
}

function given(own: readonly string[] | null | undefined, ofDaemon: readonly string[]): string[] {
  return [...(own && own.length > 0 ? own : ofDaemon)];
}

/** The container's own line for an endpoint. */
export function ownHosts({ config }: Container, { ipv4 }: Endpoint): HostsEntry[] {
  return ipv4 === undefined ? [] : [{ address: formatIpv4(ipv4), names: ownNames(config.Hostname, config.Domainname) }];
}

function extraHosts(containers: Containers, { hostConfig }: Container): HostsEntry[] {
  const gateway = containers.ports.networks.find('bridge')?.gateway;
  return (hostConfig.ExtraHosts ?? []).map((text) => {
    const [names = '', address = ''] = text.split(/:(.*)/s);
    const given = address.replace(/^\[(.*)\]$/, '$1');
    return { names, address: given === 'host-gateway' && gateway !== undefined ? formatIpv4(gateway) : given };
  });
}

function write({ ports: { storage } }: Containers, id: string, name: string, text: string): void {
  storage.write(`containers/${id}/${name}`, encoder.encode(text), 0o644);
}
