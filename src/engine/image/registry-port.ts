/**
 * The Registry port: HTTP to registries and the token services they name, as the host can do it (`fetch` in a browser,
 * a connection into the machine, files and sockets in Node). `docker.io` is the registry shipped with the app. Throws
 * EngineError `unavailable` with one line that says why when nothing answers.
 */
import type { Cancellation } from '../cancellation.ts';

export interface RegistryTransport {
  request(request: RegistryRequest): Promise<RegistryResponse>;
  /** Repositories of the shipped registry, for the line that says what is available here. */
  shipped(): Promise<string[]>;
}

export interface RegistryRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Registry host as in a reference: `docker.io`, `localhost:5000`. */
  host: string;
  /** Path under the host with its query, beginning with `/`. */
  path: string;
  /** As an address named it; undefined lets the transport find out, as Docker does for registries. */
  scheme?: 'http' | 'https';
  /** It may be spoken to without TLS (`insecure-registries`), as those of this machine may anyway. */
  insecure?: boolean;
  headers: Record<string, string>;
  body?: Uint8Array;
  /** Gives up waiting for the answer, and for its body. */
  cancellation?: Cancellation;
}

export interface RegistryResponse {
  status: number;
  /** Names in lower case; a header that came several times is joined with commas. */
  headers: Record<string, string>;
  /** What was asked in the end: `http://localhost:5000/v2/`. */
  url: string;
  /** Ends when the body does, throws when it breaks off; leaving early lets go of the connection. */
  body: AsyncIterable<Uint8Array>;
}
