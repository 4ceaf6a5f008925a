/** Bytes that come little by little, in one buffer that grows with them: what a sender promises is not reserved before it is there. */
const firstBytes = 256 << 10;

export class GrowingBytes {
  #buffer = new Uint8Array(0);
  length = 0;

  constructor(readonly maxBytes: number) {}

  /** @returns how many bytes there was room for */
  append(chunk: Uint8Array): number {
    const part = chunk.subarray(0, this.maxBytes - this.length);
    const needed = this.length + part.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.maxBytes, Math.max(2 * this.#buffer.length, needed, firstBytes)));
      larger.set(this.#buffer.subarray(0, this.length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.length);
    this.length = needed;
    return part.length;
  }

  /** A view; of the whole buffer once there are `maxBytes`. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  clear(): void {
    this.#buffer = new Uint8Array(0);
    this.length = 0;
  }
}
