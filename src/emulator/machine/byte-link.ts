/**
 * The byte stream to the guest's agent, as its client sees it: in order, nothing lost, both ways. The
 * machine's console implements it; tests use a pair in memory.
 */
export interface ByteLink {
  /** Queues bytes for the guest; they are copied or must not be changed afterwards. */
  write(bytes: Uint8Array): void;
  /** Sets the one listener for bytes from the guest. What it keeps it must copy. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Resolves when the queue towards the guest is short enough to go on writing. */
  drained(): Promise<void>;
  /** Bytes that the guest has not taken yet. */
  readonly queuedBytes: number;
}
