/** `extra_hosts`: addresses by host name. */
import type { Model } from './model.ts';

/**
 * From `host=address` or `host:address`; a host may be named again.
 *
 * @throws Error in Compose's words
 */
export function parseHostList(lines: string[]): Record<string, string[]> {
  const hosts = Object.create(null) as Record<string, string[]>;
  for (const line of lines) {
    const at = line.includes('=') ? line.indexOf('=') : line.indexOf(':');
    if (at < 0) throw new Error(`invalid additional host, missing IP: ${line}`);
    (hosts[line.slice(0, at)] ??= []).push(...line.slice(at + 1).split(','));
  }
  return cleaned(hosts);
}

/** @throws Error in Compose's words */
export function parseHostMapping(mapping: Model): Record<string, string[]> {
  const hosts = Object.create(null) as Record<string, string[]>;
  for (const [host, value] of Object.entries(mapping)) {
    if (value === null || typeof value === 'string') hosts[host] = [value ?? ''];
    else if (Array.isArray(value)) hosts[host] = value.map(String);
    else throw new Error('unexpected value type map[string]interface {} for extra_hosts entry');
  }
  return cleaned(hosts);
}

/** Without the brackets of IPv6 addresses. */
function cleaned(hosts: Record<string, string[]>): Record<string, string[]> {
  for (const [host, addresses] of Object.entries(hosts)) {
    if (host === '' || /[:=]/.test(host)) throw new Error(`bad host name '${host}'`);
    hosts[host] = addresses.map((address) => address.replace(/^\[(.+)\]$/, '$1'));
  }
  return hosts;
}
