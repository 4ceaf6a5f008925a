/**
 * Content digests: `sha256:` and 64 hex digits. SHA-256 is the only algorithm Drydock computes; others are
 * recognised, so that they can be refused by name.
 * Source: opencontainers/go-digest.
 */
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { hex } from '../id.ts';

/** Digits that each known algorithm has. */
const encodedLength: Record<string, number> = { sha256: 64, sha384: 96, sha512: 128 };

/** What is wrong with a digest, in go-digest's words; undefined when nothing is. */
export function digestProblem(text: string): string | undefined {
  const at = text.indexOf(':');
  if (at <= 0 || at + 1 === text.length) return 'invalid checksum digest format';
  const algorithm = text.slice(0, at);
  const encoded = text.slice(at + 1);
  const length = Object.hasOwn(encodedLength, algorithm) ? encodedLength[algorithm] : undefined;
  if (length === undefined) {
    return /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(text) ? 'unsupported digest algorithm' : 'invalid checksum digest format';
  }
  if (encoded.length !== length) return 'invalid checksum digest length';
  return /^[a-f0-9]+$/.test(encoded) ? undefined : 'invalid checksum digest format';
}

export function isDigest(text: string): boolean {
  return digestProblem(text) === undefined;
}

/** @throws EngineError `invalid-parameter` with go-digest's words */
export function parseDigest(text: string): string {
  const problem = digestProblem(text);
  if (problem) throw new EngineError('invalid-parameter', problem);
  return text;
}

/** The part after the algorithm. */
export function encodedOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** @param bytes whole, or in pieces */
export async function digestOf(crypto: Crypto, bytes: Uint8Array | readonly Uint8Array[]): Promise<string> {
  return `sha256:${hex(await (bytes instanceof Uint8Array ? crypto.sha256(bytes) : crypto.sha256OfPieces(bytes)))}`;
}
