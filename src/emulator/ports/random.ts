/** The host's cryptographic random source. */
import type { Random } from '#engine/random.ts';

/** `getRandomValues` gives at most this much at once. */
const PIECE_BYTES = 65536;

export const systemRandom: Random = {
  bytes(count) {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += PIECE_BYTES) crypto.getRandomValues(out.subarray(at, at + PIECE_BYTES));
    return out;
  },
};
