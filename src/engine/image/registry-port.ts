/**
 * The Registry port: HTTP to registries, as the host can do it (`fetch` in a browser, files and sockets
 * in Node). `docker.io` is the registry shipped with the app. Throws EngineError `unavailable` with
 * one line that says why when nothing answers.
 */
export interface RegistryTransport {
  request(request: RegistryRequest): Promise<RegistryResponse>;
  /** Repositories of the shipped registry, for the line that says what is available here. */
  shipped(): Promise<string[]>;
}

export interface RegistryRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Registry host as in a reference: `docker.io`, `localhost:5000`. */
  host: string;
  /** Path under the host, beginning `/v2/`. */
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array;
}

export interface RegistryResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}
