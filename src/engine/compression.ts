/** Compression as the host does it natively (DecompressionStream, zlib). */
export interface Compression {
  /**
   * Unpacks gzip. Throws EngineError `data-loss` when the data is truncated or damaged, or grows
   * past `limitBytes`.
   */
  gunzip(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
}
