/**
 * Subnets in CIDR notation, and what lies in them.
 * Source: Go net.ParseCIDR and net.IPNet.Contains.
 */
import { parseIpAddress } from './ip-address.ts';

export interface Cidr {
  /** The address as given, host bits included. */
  address: Uint8Array;
  /** How many bits of it name the subnet. */
  prefixLength: number;
}

/** @throws Error with Go's words */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIpAddress(text.slice(0, slash));
  const prefix = text.slice(slash + 1);
  const isMapped = address?.family === 4 && text.includes(':');
  const bits = isMapped ? 128 : (address?.bytes.length ?? 0) * 8;
  if (!address || !/^\d{1,7}$/.test(prefix) || Number(prefix) > bits) throw new Error(`invalid CIDR address: ${text}`);
  return { address: address.bytes, prefixLength: Math.max(0, Number(prefix) - (isMapped ? 96 : 0)) };
}

/** False for an address of the other family, and for none. */
export function contains({ address: subnet, prefixLength }: Cidr, address: Uint8Array | undefined): boolean {
  if (address?.length !== subnet.length) return false;
  return subnet.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
    return (byte ^ (address[index] ?? 0)) >> (8 - bits) === 0;
  });
}
