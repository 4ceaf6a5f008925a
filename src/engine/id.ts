/** Identifiers as Docker makes them: 64 hex digits, shown as the first 12. */
import type { Random } from './random.ts';

/** A new 64-digit id whose first 12 digits are not all decimal (Docker's rule: it must not look like a number). */
export function newId(random: Random): string {
  for (;;) {
    const id = hex(random.bytes(32));
    if (!/^[0-9]{12}/.test(id)) return id;
  }
}

export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}
