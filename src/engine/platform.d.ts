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
/** Web addresses: parsing, and what a relative one means. */
declare class URL {
  constructor(url: string, base?: string);
  readonly protocol: string;
  readonly host: string;
  readonly pathname: string;
  search: string;
  readonly href: string;
  readonly searchParams: {
    get(name: string): string | null;
    append(name: string, value: string): void;
    set(name: string, value: string): void;
  };
}
