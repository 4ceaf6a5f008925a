/** Compression as the host does it: gzip natively (DecompressionStream, zlib). */
export interface Compression {
  /**
   * Unpacks gzip. Throws EngineError `data-loss` when the data is truncated or damaged, or grows
   * past `limitBytes`.
   */
  gunzip(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** As gunzip, for bzip2 and xz. */
  bunzip2(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
  unxz(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
}
