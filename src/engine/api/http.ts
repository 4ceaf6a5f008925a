/**
 * A request and its answer, as the Engine API sees them, whatever carried them: the command line calls
 * in-process, `docker.sock` and `drydock serve` come through `http1.ts`.
 */

export interface ApiRequest {
  method: string;
  /** Path without query, with or without the version prefix: `/v1.50/containers/json`. */
  path: string;
  query: Query;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** The body, once; empty when there is none. */
  body: AsyncIterable<Uint8Array>;
}

/** Decoded query parameters; a name may repeat. */
export type Query = ReadonlyMap<string, readonly string[]>;

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: ApiBody;
}

/**
 * What follows the head. A `stream` ends when its iterable does; its `return()` is called when the
 * client goes away. A `hijack` takes over the connection after the head was sent (101 when the client
 * asked to upgrade, else 200); the connection closes when the promise settles.
 */
export type ApiBody =
  | { kind: 'empty' }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'stream'; chunks: AsyncIterable<Uint8Array> }
  | { kind: 'hijack'; run: (connection: Connection) => Promise<void> };

/** A byte stream in both directions. */
export interface Connection {
  /** What the peer sends; ends when it closes its side. */
  input: AsyncIterable<Uint8Array>;
  /** Resolves when taken. Throws EngineError `cancelled` when the peer is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Half-close: no more will be written. */
  closeWrite(): Promise<void>;
  /** Settles when the peer is gone or the connection is closed. */
  closed: Promise<void>;
}

/** The one door of the engine. Never throws: failures are answers. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>;
