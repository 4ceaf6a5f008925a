/** Hardware addresses as Docker makes and reads them. */
import { SeededRandom, type Random } from '../random.ts';

/** A random unicast, locally administered address. Source: moby libnetwork/netutils, GenerateRandomMAC. */
export function randomMac(random: Random): string {
  const bytes = random.bytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfe) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/**
 * One that looks the same but always goes with an address: neighbours that remember who had it before still find it.
 * Docker lets each container say that it is there, which a bridge hears only when it has taken up the interface.
 */
export function macOf(networkId: string, ipv4: number): string {
  return randomMac(new SeededRandom((Number.parseInt(networkId.slice(0, 8), 16) ^ ipv4) >>> 0));
}

/** True for what Go's `net.ParseMAC` takes. */
export function isMac(text: string): boolean {
  const group = (size: number, separator: string): RegExp => new RegExp(`^[0-9a-fA-F]{${size}}(\\${separator}[0-9a-fA-F]{${size}})*$`);
  const bytes = (text.match(/[0-9a-fA-F]/g) ?? []).length / 2;
  return [6, 8, 20].includes(bytes) && [group(2, ':'), group(2, '-'), group(4, '.')].some((pattern) => pattern.test(text));
}
