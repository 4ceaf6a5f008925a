/**
 * Registries as the host reaches them: `docker.io` is the folder of plain files shipped with the app, addresses of this
 * machine are looked for inside it first, and every other host is asked by `fetch` (in a page only those that allow it
 * by CORS answer).
 */
import { EngineError, messageOf } from '#engine/errors.ts';
import type { RegistryRequest, RegistryResponse, RegistryTransport } from '#engine/image/registry-port.ts';
import type { AssetFiles } from './asset-files.ts';
import { exchange, type ByteStream } from './http1-exchange.ts';
import { ShippedRegistry } from './shipped-registry.ts';

const SHIPPED_HOST = 'docker.io';
/** What Go's server says to a client that speaks HTTP where TLS is expected. */
const WANTS_TLS = 'client sent an http request to an https server';

/** Connects to an address inside the machine; undefined when nothing listens there. */
export type DialGuest = (address: Uint8Array, port: number) => Promise<ByteStream | undefined>;

export class Registries implements RegistryTransport {
  readonly #shipped: ShippedRegistry;
  readonly #dialGuest: DialGuest;
  /** How to speak to a host that may be spoken to in both ways, once that is known. */
  readonly #schemes = new Map<string, 'http' | 'https'>();

  constructor(files: AssetFiles, dialGuest: DialGuest = () => Promise.resolve(undefined)) {
    this.#shipped = new ShippedRegistry(files);
    this.#dialGuest = dialGuest;
  }

  async request(request: RegistryRequest): Promise<RegistryResponse> {
    if (request.host === SHIPPED_HOST) return this.#shipped.request(request);
    return (await this.#fromGuest(request)) ?? (await this.#fromNetwork(request));
  }

  shipped(): Promise<string[]> {
    return this.#shipped.repositories();
  }

  /** Asks what listens inside the machine; undefined when nothing does. Only plain HTTP is spoken there. */
  async #fromGuest(request: RegistryRequest): Promise<RegistryResponse | undefined> {
    const { method, host, path, headers, body, cancellation } = request;
    const target = request.scheme === 'https' ? undefined : guestAddress(host);
    const stream = target && (await this.#dialGuest(target.address, target.port));
    if (!stream) return undefined;
    if (!isLoopback(host) && !request.insecure && request.scheme === undefined) {
      stream.close();
      throw new EngineError('unavailable', `Get "${asked('https', host, path)}": http: server gave HTTP response to HTTPS client`);
    }
    const stopListening = cancellation?.onCancel(() => stream.close());
    try {
      const answer = await exchange(stream, { method, host, path, headers, ...(body && { body }) });
      return { ...answer, url: `http://${host}${path}` };
    } catch (error) {
      cancellation?.check();
      const kind = error instanceof EngineError ? error.kind : 'unavailable';
      throw new EngineError(kind, `Get "${asked('http', host, path)}": ${messageOf(error)}`, { cause: error });
    } finally {
      // From here on whoever reads the body closes it.
      stopListening?.();
    }
  }

  async #fromNetwork(request: RegistryRequest): Promise<RegistryResponse> {
    const { host } = request;
    const scheme = request.scheme ?? this.#schemes.get(host);
    if (scheme !== undefined) return fetchFrom(scheme, request);
    if (request.insecure && !isLoopback(host)) return fetchFrom('https', request).catch(() => fetchFrom('http', request));
    if (!isLoopback(host)) return fetchFrom('https', request);
    // Docker lets registries of this machine do without TLS; few have it.
    let answer: RegistryResponse | undefined;
    try {
      answer = await fetchFrom('http', request);
      if (answer.status !== 400 || !(await saysTlsIsWanted(answer))) {
        this.#schemes.set(host, 'http');
        return answer;
      }
    } catch (error) {
      request.cancellation?.check();
      const overTls = await fetchFrom('https', request).catch(() => undefined);
      if (!overTls) throw error;
      this.#schemes.set(host, 'https');
      return overTls;
    }
    const overTls = await fetchFrom('https', request);
    this.#schemes.set(host, 'https');
    return overTls;
  }
}

/** What a failure names: of a registry its root, which Docker asks first; else the very file. */
function asked(scheme: string, host: string, path: string): string {
  return `${scheme}://${host}${path.startsWith('/v2/') ? '/v2/' : path}`;
}

/** Only asked of an answer that is an error anyway: its body is kept for the caller. */
async function saysTlsIsWanted(answer: RegistryResponse): Promise<boolean> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body) {
    parts.push(part);
    length += part.length;
    if (length > 64 << 10) break;
  }
  answer.body = again(parts);
  return parts.some((part) => new TextDecoder().decode(part).toLowerCase().includes(WANTS_TLS));
}

async function* again(parts: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}

async function fetchFrom(
  scheme: 'http' | 'https',
  { method, host, path, headers, body, cancellation }: RegistryRequest,
): Promise<RegistryResponse> {
  const url = `${scheme}://${host}${path}`;
  const abort = new AbortController();
  const stopListening = cancellation?.onCancel(() => abort.abort());
  try {
    const response = await fetch(url, {
      method,
      headers: allowedHeaders(headers),
      // A page's own cookies are nobody's business, and tags change behind a cache.
      credentials: 'omit',
      cache: 'no-store',
      signal: abort.signal,
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      url: response.url || url,
      body: response.body ? bodyOf(response.body, host) : nothing(),
    };
  } catch (error) {
    cancellation?.check();
    throw new EngineError('unavailable', `Get "${asked(scheme, host, path)}": ${whyNot(error, host, path)}`, { cause: error });
  } finally {
    stopListening?.();
  }
}

/** A body as it comes, saying what a transfer that breaks off says. Leaving cancels it even while it waits. */
function bodyOf(stream: ReadableStream<Uint8Array>, host: string): AsyncIterable<Uint8Array> {
  const reader = stream.getReader();
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Uint8Array, undefined>> {
        try {
          const { done, value } = await reader.read();
          return done ? { done: true, value: undefined } : { done: false, value };
        } catch (error) {
          throw new EngineError('unavailable', `unexpected EOF: ${host} broke off: ${reasonOf(error)}`, { cause: error });
        }
      },
      async return(): Promise<IteratorResult<Uint8Array, undefined>> {
        await reader.cancel().catch(() => {});
        return { done: true, value: undefined };
      },
    }),
  };
}

/** `fetch` counts for itself, and refuses to be told. */
function allowedHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'));
}

/** Docker's words where the host says what happened; a page is not told. */
function whyNot(error: unknown, host: string, path: string): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error))
    return `the ${path.startsWith('/v2/') ? 'registry' : 'server'} at ${host} does not answer, or does not allow this page to ask it (CORS)`;
  // A name with several addresses fails once for each.
  const each = (cause instanceof AggregateError ? cause.errors : [cause]) as NetworkError[];
  const { code, address, port, hostname } = each.find((one) => one.address?.includes('.')) ?? each[0] ?? (cause as NetworkError);
  if (code === 'ECONNREFUSED') return `dial tcp ${address ?? host}${port === undefined ? '' : `:${port}`}: connect: connection refused`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname ?? host}: no such host`;
  return reasonOf(error);
}

/** What Node adds to an error of a socket. */
interface NetworkError extends Error {
  code?: string;
  address?: string;
  port?: number;
  hostname?: string;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== '' ? cause.message : messageOf(error);
}

/** Docker speaks plain HTTP to these. */
function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name.toLowerCase() === 'localhost' || name === '[::1]' || /^127\./.test(name);
}

/** Where in the machine a host may be: its loopback, and addresses of private networks. */
function guestAddress(host: string): { address: Uint8Array; port: number } | undefined {
  const [, name = '', port = '80'] = /^(localhost|\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/i.exec(host) ?? [];
  if (name === '' || Number(port) > 65535) return undefined;
  const address = Uint8Array.from((name.toLowerCase() === 'localhost' ? '127.0.0.1' : name).split('.').map(Number));
  const [a = 0, b = 0] = address;
  const isPrivate = a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168);
  return isPrivate ? { address, port: Number(port) } : undefined;
}

async function* nothing(): AsyncIterable<Uint8Array> {}
