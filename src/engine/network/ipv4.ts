/** IPv4 addresses and prefixes as numbers, and back as text. */

export interface Prefix {
  /** First address, as an unsigned number; host bits may be set. */
  address: number;
  bits: number;
}

/** The address as an unsigned number; undefined when the text is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function parsePrefix(text: string): Prefix | undefined {
  const [address, bits, ...rest] = text.split('/');
  const value = parseIpv4(address ?? '');
  if (value === undefined || bits === undefined || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  return { address: value, bits: Number(bits) };
}

export function formatPrefix({ address, bits }: Prefix): string {
  return `${formatIpv4(address)}/${bits}`;
}

/** How many addresses a prefix holds. */
export function prefixSize({ bits }: Prefix): number {
  return 2 ** (32 - bits);
}

/** The prefix with its host bits cleared. */
export function masked(prefix: Prefix): Prefix {
  return { address: prefix.address - (prefix.address % prefixSize(prefix)), bits: prefix.bits };
}

export function prefixContains(prefix: Prefix, address: number): boolean {
  const { address: first } = masked(prefix);
  return address >= first && address < first + prefixSize(prefix);
}

export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return prefixContains(a, masked(b).address) || prefixContains(b, masked(a).address);
}

/** True for text that Go's `net.ParseIP` would take for an IPv6 address; as far as errors need it. */
export function looksLikeIpv6(text: string): boolean {
  return /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/.test(text) && text.split(':').length >= 3;
}
