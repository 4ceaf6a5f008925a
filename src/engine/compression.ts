import { EngineError } from './errors.ts';

/** What was packed grows past what its reader allows. */
export class UnpackedTooLarge extends EngineError {
  constructor(limitBytes: number) {
    super('data-loss', `unpacked data exceeds ${limitBytes} bytes`);
  }
}

/** Compression as the host does it: gzip natively (DecompressionStream, zlib). */
export interface Compression {
  /**
   * Unpacks gzip. Throws EngineError `data-loss` when the data is truncated or damaged, UnpackedTooLarge when it grows
   * past `limitBytes`.
   */
  gunzip(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** As gunzip, for bzip2 and xz. */
  bunzip2(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
  unxz(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
}
