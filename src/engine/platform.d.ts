/**
 * What the engine needs from its host, in full: the few globals that behave the same in every
 * browser, worker and Node. Everything else (time, randomness, storage, network, the guest) comes
 * in through ports.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
