/**
 * Which subnet a network gets that asked for none: the first of Docker's predefined ones that nobody uses.
 * Source: moby libnetwork/ipamutils.
 */
import { EngineError } from '../errors.ts';
import { parsePrefix, type Prefix, prefixesOverlap, prefixSize } from './ipv4.ts';

/** A subnet to cut others from, each of so many bits. */
export type AddressPools = readonly [base: string, bits: number][];

const defaultPools: AddressPools = [
  ['172.17.0.0/16', 16],
  ['172.18.0.0/16', 16],
  ['172.19.0.0/16', 16],
  ['172.20.0.0/14', 16],
  ['172.24.0.0/14', 16],
  ['172.28.0.0/14', 16],
  ['192.168.0.0/16', 20],
];

/** @param used subnets of other networks, and whatever else must not overlap */
export function freeSubnet(used: readonly Prefix[], pools: AddressPools = defaultPools): Prefix {
  for (const [base, bits] of pools) {
    const pool = parsePrefix(base) as Prefix;
    for (let address = pool.address; address < pool.address + prefixSize(pool); address += 2 ** (32 - bits)) {
      const candidate: Prefix = { address, bits };
      if (!used.some((other) => prefixesOverlap(candidate, other))) return candidate;
    }
  }
  throw new EngineError('invalid-parameter', 'all predefined address pools have been fully subnetted');
}
