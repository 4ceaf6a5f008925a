/**
 * ChainIDs: the name of a layer together with all below it.
 * Source: OCI image-spec config.md, "Layer ChainID".
 */
import type { Crypto } from '../crypto.ts';
import { digestOf } from './digest.ts';

/** The chainID of each layer, bottom first; the lowest layer's is its diffID. */
export async function chainIds(crypto: Crypto, diffIds: readonly string[]): Promise<string[]> {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : await chainIdAbove(crypto, below, diffId));
  }
  return chain;
}

/** The chainID of a layer put on top of a chain. */
export function chainIdAbove(crypto: Crypto, below: string, diffId: string): Promise<string> {
  return digestOf(crypto, new TextEncoder().encode(`${below} ${diffId}`));
}
