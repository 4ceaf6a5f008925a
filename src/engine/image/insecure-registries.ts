/**
 * `insecure-registries`: whom the daemon may talk to without TLS. Says so with each request; how to is the transport's business.
 * Source: moby registry/config.go, isSecureIndex.
 */
import type { DaemonConfig } from '../daemon-config.ts';
import { parseIpv4, parsePrefix, prefixContains } from '../network/ipv4.ts';
import type { RegistryTransport } from './registry-port.ts';

export function withInsecureRegistries(transport: RegistryTransport, config: Pick<DaemonConfig, 'insecureRegistries'>): RegistryTransport {
  return {
    request: (request) => transport.request(isInsecure(request.host, config.insecureRegistries) ? { ...request, insecure: true } : request),
    shipped: () => transport.shipped(),
  };
}

/** @param entries host names with their port, or subnets */
export function isInsecure(host: string, entries: readonly string[]): boolean {
  const address = parseIpv4(host.replace(/:\d+$/, ''));
  return entries.some((entry) => {
    const subnet = entry.includes('/') ? parsePrefix(entry) : undefined;
    return subnet ? address !== undefined && prefixContains(subnet, address) : entry.toLowerCase() === host.toLowerCase();
  });
}
