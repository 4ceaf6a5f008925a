/**
 * What the build cache knows files by: a digest over names, kinds, permissions, owners and contents. Times do not
 * count, so that a fresh checkout of the same files is found again.
 */
import type { Crypto } from '../crypto.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { digestOf } from '../oci/digest.ts';

/** @param entries in any order; `path` as the copy will see it */
export async function checksumOf(crypto: Crypto, entries: readonly LayerEntry[]): Promise<string> {
  const lines = await Promise.all(
    entries.map(async ({ path, type, mode, uid, gid, linkName = '', major = 0, minor = 0, content, xattrs = {} }) => {
      const contents = content ? await digestOf(crypto, content) : '';
      const attributes = await Promise.all(Object.entries(xattrs).map(async ([name, value]) => `${name}=${await digestOf(crypto, value)}`));
      return JSON.stringify([path, type, mode, uid, gid, linkName, major, minor, contents, ...attributes.sort()]);
    }),
  );
  return textDigest(crypto, lines.sort().join('\n'));
}

/** The digest of a text. */
export function textDigest(crypto: Crypto, text: string): Promise<string> {
  return digestOf(crypto, new TextEncoder().encode(text));
}
