/**
 * What `docker network create` says about addresses: which range, gateway and reserved addresses belong to which subnet.
 * Source: docker/cli cli/command/network/create.go.
 */
import type { IpamConfig } from '#engine/api/types/network.ts';
import { contains, parseCidr, type Cidr } from '../options/cidr.ts';
import { parseIpAddress } from '../options/ip-address.ts';
import { messageOf } from '#engine/errors.ts';

export interface AddressOptions {
  subnets: readonly string[];
  ranges: readonly string[];
  gateways: readonly string[];
  /** Name → address. */
  reserved: Readonly<Record<string, string>>;
}

/** @throws Error with Docker's words for what does not fit together */
export function ipamConfig({ subnets, ranges, gateways, reserved }: AddressOptions): IpamConfig[] {
  if (subnets.length < ranges.length || subnets.length < gateways.length) {
    throw new Error('every ip-range or gateway must have a corresponding subnet');
  }
  const configs = new Map<string, IpamConfig>();
  for (const subnet of subnets) {
    for (const other of configs.keys()) {
      // Both, since either may be what is wrong.
      const within = [isWithin(subnet, other), isWithin(other, subnet)];
      if (within.includes(true)) throw new Error('multiple overlapping subnet configuration is not supported');
    }
    configs.set(subnet, { Subnet: subnet });
  }
  for (const range of ranges) {
    if (subnets.length > 0) parseCidr(range);
    for (const config of around(configs, range, 'range')) {
      if (config.IPRange) {
        throw new Error(`cannot configure multiple ranges (${range}, ${config.IPRange}) on the same subnet (${config.Subnet ?? ''})`);
      }
      config.IPRange = range;
    }
  }
  for (const gateway of gateways) {
    for (const config of around(configs, gateway, 'gateway')) {
      if (config.Gateway) {
        throw new Error(`cannot configure multiple gateways (${gateway}, ${config.Gateway}) for the same subnet (${config.Subnet ?? ''})`);
      }
      config.Gateway = gateway;
    }
  }
  for (const [name, address] of Object.entries(reserved)) {
    for (const config of around(configs, address, 'aux-address')) {
      config.AuxiliaryAddresses = { ...config.AuxiliaryAddresses, [name]: address };
    }
  }
  return [...configs.values()];
}

/** What is known of the subnets that an address is in. */
function around(configs: ReadonlyMap<string, IpamConfig>, address: string, what: string): IpamConfig[] {
  const found = [...configs].filter(([subnet]) => isWithin(subnet, address)).map(([, config]) => config);
  if (found.length === 0) throw new Error(`no matching subnet for ${what} ${address}`);
  return found;
}

/** @param address an address or a subnet, of which the address counts */
function isWithin(subnet: string, address: string): boolean {
  let outer: Cidr;
  try {
    outer = parseCidr(subnet);
  } catch (error) {
    throw new Error(`invalid subnet: ${messageOf(error)}`, { cause: error });
  }
  return contains(outer, address.includes('/') ? parseCidr(address).address : parseIpAddress(address)?.bytes);
}
