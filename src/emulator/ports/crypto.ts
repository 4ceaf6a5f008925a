/**
 * Digests: the host's own where it offers them (secure contexts and Node), else in JavaScript, so that a
 * page served over plain HTTP in a class room works too.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Crypto } from '#engine/crypto.ts';

export const systemCrypto: Crypto = {
  async sha256(bytes) {
    const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
    if (!subtle) return sha256(bytes);
    return new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  },
};
