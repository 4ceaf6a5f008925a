/**
 * Digests: the host's own where it offers them (secure contexts and Node), else in JavaScript, so that a
 * page served over plain HTTP in a class room works too.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '#engine/bytes.ts';
import type { Crypto } from '#engine/crypto.ts';

/** The host digests only what is in one piece. Larger pieces are not copied for it, although JavaScript takes three times as long. */
const maxCopiedBytes = 8 << 20;
/** After so many, others get their turn: some 50 ms. */
const turnBytes = 4 << 20;

export const systemCrypto: Crypto = {
  async sha256(bytes) {
    const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
    if (!subtle) return sha256(bytes);
    return new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  },

  async sha256OfPieces(pieces) {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (pieces.length === 1 || length <= maxCopiedBytes) return systemCrypto.sha256(concatBytes(pieces));
    const hash = sha256.create();
    let done = 0;
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += turnBytes) {
        const part = piece.subarray(at, at + turnBytes);
        hash.update(part);
        if ((done += part.length) < turnBytes) continue;
        done = 0;
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    return hash.digest();
  },
};
