/**
 * Reads IP addresses as Go does: dotted quads without leading zeros, IPv6 with `::` and an optional
 * dotted tail, no zones, no brackets.
 * Source: Go net.ParseIP and netip.Addr.String.
 */

export interface IpAddress {
  family: 4 | 6;
  /** As Go prints it: lower case, the longest run of zeros as `::`; an IPv4-mapped address as IPv4. */
  text: string;
  loopback: boolean;
  /** Four, or sixteen. */
  bytes: Uint8Array;
}

/** @returns undefined when it is no address */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const quad = parseQuad(text);
    return quad && ipv4(quad);
  }
  const groups = parseGroups(text);
  if (!groups) return undefined;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const quad = [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255];
    return ipv4(quad);
  }
  return {
    family: 6,
    text: printGroups(groups),
    loopback: groups.every((group, index) => group === (index === 7 ? 1 : 0)),
    bytes: Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])),
  };
}

function ipv4(quad: number[]): IpAddress {
  return { family: 4, text: quad.join('.'), loopback: quad[0] === 127, bytes: Uint8Array.from(quad) };
}

/**
 * The address in canonical form; white space around it is allowed.
 *
 * @throws Error with Docker's words
 */
export function validateIpAddress(text: string): string {
  const address = parseIpAddress(text.trim());
  if (!address) throw new Error(`IP address is not correctly formatted: ${text}`);
  return address.text;
}

/** `host:port`, with brackets around an IPv6 host. */
export function joinHostPort(host: string, port: string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseQuad(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}

/** Eight 16-bit groups. */
function parseGroups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseHalf(halves[0]!, halves.length === 1);
  const tail = halves[1] === undefined ? [] : parseHalf(halves[1], true);
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

function parseHalf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const quad = parseQuad(part);
      if (!quad) return undefined;
      groups.push(quad[0]! * 256 + quad[1]!, quad[2]! * 256 + quad[3]!);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function printGroups(groups: number[]): string {
  let runStart = -1;
  let runLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > runLength) [runStart, runLength] = [start, end - start];
  }
  const hex = groups.map((group) => group.toString(16));
  if (runStart < 0) return hex.join(':');
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`;
}
