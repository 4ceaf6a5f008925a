/**
 * `docker network inspect` and `ls`: what a network looks like on the wire, and which of them a filter wants.
 * Source: moby daemon/network.go and daemon/network/filter.go.
 */
import type { NetworkInspect } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import type { Filters } from '../filters.ts';
import { rfc3339Nano } from '../time.ts';
import { formatIpv4 } from './ipv4.ts';
import type { Network } from './network.ts';
import type { Networks } from './networks.ts';

const acceptedFilters = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

/** @param detailed with the containers on it */
export function inspectNetwork(network: Network, detailed: boolean): NetworkInspect {
  const { record, subnet } = network;
  const containers = detailed ? [...network.endpoints.values()].sort((a, b) => (a.containerId < b.containerId ? -1 : 1)) : [];
  return {
    Name: record.name,
    Id: record.id,
    Created: rfc3339Nano(record.createdMs),
    Scope: 'local',
    Driver: record.driver,
    EnableIPv4: record.enableIpv4,
    EnableIPv6: false,
    IPAM: record.ipam,
    Internal: record.internal,
    Attachable: record.attachable,
    Ingress: false,
    ConfigFrom: { Network: record.configFrom ?? '' },
    ConfigOnly: record.configOnly ?? false,
    Containers: Object.fromEntries(
      containers.map((endpoint) => [
        endpoint.containerId,
        {
          Name: endpoint.containerName,
          EndpointID: endpoint.id,
          MacAddress: endpoint.macAddress,
          IPv4Address: endpoint.ipv4 === undefined || !subnet ? '' : `${formatIpv4(endpoint.ipv4)}/${subnet.bits}`,
          IPv6Address: '',
        },
      ]),
    ),
    Options: record.options,
    Labels: record.labels,
  };
}

export function listNetworks(networks: Networks, filters: Filters): Network[] {
  filters.validate(acceptedFilters);
  const matching = networks
    .all()
    .filter(
      (network) =>
        filters.exact('driver', network.driver) &&
        filters.match('name', network.name) &&
        filters.match('id', network.id) &&
        filters.pairs('label', network.record.labels) &&
        filters.exact('scope', 'local'),
    );
  return byType(byUse(matching, filters), filters);
}

function byUse(networks: Network[], filters: Filters): Network[] {
  const [value, ...more] = filters.get('dangling');
  if (value === undefined) return networks;
  if (more.length > 0) throw new EngineError('invalid-parameter', 'got more than one value for filter key "dangling"');
  const wanted = { '0': false, false: false, '1': true, true: true }[value];
  if (wanted === undefined)
    throw new EngineError('invalid-parameter', `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`);
  return networks.filter((network) => (!network.predefined && network.endpoints.size === 0) === wanted);
}

function byType(networks: Network[], filters: Filters): Network[] {
  if (!filters.has('type')) return networks;
  for (const type of filters.get('type')) {
    if (type !== 'builtin' && type !== 'custom') throw new EngineError('unknown', `invalid filter: 'type'='${type}'`);
  }
  return networks.filter((network) => filters.get('type').includes(network.predefined ? 'builtin' : 'custom'));
}
