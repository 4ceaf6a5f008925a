/** Digests. X.509 for the swarm's certificates comes to this port with the swarm. */
export interface Crypto {
  /** SHA-256 of the bytes: 32 bytes. */
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** Of pieces one after another, however large, without putting them together. */
  sha256OfPieces(pieces: readonly Uint8Array[]): Promise<Uint8Array>;
}
