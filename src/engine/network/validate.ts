/**
 * What a network or an endpoint may ask for, with Docker's words for what it may not.
 * Source: moby api/types/network/ipam.go and endpoint.go, daemon/container_operations.go.
 */
import type { EndpointSettings, IpamConfig } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { formatPrefix, looksLikeIpv6, masked, parseIpv4, parsePrefix, type Prefix, prefixContains } from './ipv4.ts';
import { isMac } from './mac-address.ts';
import { isPredefined, type Network } from './network.ts';

export function validateIpam(configs: IpamConfig[]): void {
  const problems = configs.flatMap(ipamProblems);
  if (problems.length > 0) throw new EngineError('invalid-parameter', `invalid network config:\n${problems.join('\n')}`);
}

function ipamProblems(config: IpamConfig): string[] {
  const text = config.Subnet ?? '';
  if (looksLikeIpv6(text.split('/')[0] ?? '') && text.includes('/')) return [];
  const subnet = parsePrefix(text);
  if (!subnet) return [`invalid subnet ${text}: invalid CIDR block notation`];
  const problems: string[] = [];
  if (masked(subnet).address !== subnet.address) problems.push(`invalid subnet ${text}: it should be ${formatPrefix(masked(subnet))}`);
  problems.push(...rangeProblems(config.IPRange ?? '', subnet));
  const gateway = addressProblem(config.Gateway ?? '', subnet);
  if (gateway) problems.push(`invalid gateway ${config.Gateway as string}: ${gateway}`);
  for (const [name, address] of Object.entries(config.AuxiliaryAddresses ?? {})) {
    const problem = addressProblem(address, subnet);
    if (problem) problems.push(`invalid auxiliary address ${name}: ${problem}`);
  }
  return problems;
}

function rangeProblems(text: string, subnet: Prefix): string[] {
  if (text === '') return [];
  const range = parsePrefix(text);
  if (!range)
    return [
      `invalid ip-range ${text}: ${looksLikeIpv6(text.split('/')[0] ?? '') ? 'parent subnet is an IPv4 block' : 'invalid CIDR block notation'}`,
    ];
  const parent = formatPrefix(subnet);
  const problems: string[] = [];
  if (range.bits < subnet.bits) problems.push(`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${parent}`);
  if (masked(range).address !== range.address) problems.push(`invalid ip-range ${text}: it should be ${formatPrefix(masked(range))}`);
  if (!prefixContains(subnet, masked(range).address) && !prefixContains(range, masked(subnet).address)) {
    problems.push(`invalid ip-range ${text}: parent subnet ${parent} doesn't contain ip-range`);
  }
  return problems;
}

function addressProblem(text: string, subnet: Prefix): string | undefined {
  if (text === '') return undefined;
  const address = parseIpv4(text);
  if (address === undefined) return looksLikeIpv6(text) ? 'parent subnet is an IPv4 block' : 'invalid address';
  return prefixContains(subnet, address) ? undefined : `parent subnet ${formatPrefix(subnet)} doesn't contain this address`;
}

/**
 * Checks endpoint settings that a user gave.
 *
 * @param network undefined when there is no network of that name (yet)
 * @returns what is wrong, as one text; undefined when nothing is
 */
export function endpointProblem(network: Network | undefined, name: string, settings: Partial<EndpointSettings>): string | undefined {
  const problems: string[] = [];
  const { IPv4Address: ipv4 = '', IPv6Address: ipv6 = '', LinkLocalIPs: linkLocal = [] } = settings.IPAMConfig ?? {};
  if (isPredefined(name)) {
    if (ipv4 !== '' || ipv6 !== '') problems.push('user specified IP address is supported on user defined networks only');
    if ((settings.Aliases ?? []).length > 0)
      problems.push('network-scoped alias is supported only for containers in user defined networks');
  }
  const address = parseIpv4(ipv4);
  if (ipv4 !== '' && address === undefined) problems.push(`invalid IPv4 address: ${ipv4}`);
  if (ipv6 !== '' && !looksLikeIpv6(ipv6)) problems.push(`invalid IPv6 address: ${ipv6}`);
  for (const local of linkLocal)
    if (parseIpv4(local) === undefined && !looksLikeIpv6(local)) problems.push(`invalid link-local IP address: ${local}`);
  if (network && address !== undefined && !isPredefined(name)) {
    const subnets = (network.record.ipam.Config ?? [])
      .map((config) => parsePrefix(config.Subnet ?? ''))
      .filter((subnet) => subnet !== undefined);
    if (!network.subnetChosen)
      problems.push('user specified IP address is supported only when connecting to networks with user configured subnets');
    else if (!subnets.some((subnet) => prefixContains(subnet, address)))
      problems.push(`no configured subnet or ip-range contain the IP address ${ipv4}`);
  }
  if (settings.MacAddress && !isMac(settings.MacAddress)) return `invalid MAC address ${settings.MacAddress}`;
  return problems.length > 0 ? `invalid endpoint settings:\n${problems.join('\n')}` : undefined;
}
