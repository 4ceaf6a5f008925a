/**
 * Requests to one registry on behalf of somebody: answers its challenges (Basic, or Bearer with a token from the token
 * service it names), remembers the token, and follows redirects. Asks without credentials first, and sends them only to
 * the host they are for.
 * Source: distribution-spec, "Token Authentication Specification"; distribution registry/client/auth/session.go.
 */
import { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import { parseChallenges, type Challenge } from './registry-challenge.ts';
import { basicAuthorization, hasBasicLogin, type RegistryCredentials } from './registry-credentials.ts';
import { discard, RegistryError } from './registry-error.ts';
import type { RegistryRequest, RegistryResponse, RegistryTransport } from './registry-port.ts';
import { fetchToken, type Token } from './registry-token.ts';

/** As Go's client. */
const maxRedirects = 10;
/** A registry that has said nothing until then is taken for absent. What is sent to it may take as long as it takes. */
const answerLimitMs = 30_000;

export interface SessionOptions {
  registry: RegistryTransport;
  clock: Clock;
  host: string;
  credentials?: RegistryCredentials;
  /** What a token must allow: `repository:library/busybox:pull`. */
  scopes: readonly string[];
  /** Asks the token service for one that can be kept instead of the password (`docker login`). */
  wantsIdentityToken?: boolean;
  cancellation?: Cancellation;
}

export interface SessionRequest {
  method: RegistryRequest['method'];
  /** Path under the host, or a whole address that the registry named. */
  to: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** Further scopes that a token for this request needs. */
  scopes?: readonly string[];
}

/** Credentials that did not get as far as the registry: wrong, or none where some are needed. */
export class AuthorizationError extends RegistryError {
  constructor(
    reason: EngineError,
    /** The request that could not be made. */
    readonly url: string,
  ) {
    super(
      reason.kind,
      reason instanceof RegistryError ? reason.code : '',
      reason instanceof RegistryError ? reason.detail : reason.message,
      true,
    );
  }

  /** `Get "https://…": unauthorized: …`, as Docker says it of a request. */
  during(method: string): RegistryError {
    return new RegistryError(this.kind, '', `${method} ${JSON.stringify(this.url)}: ${this.message}`, true);
  }
}

export class RegistrySession {
  readonly #options: SessionOptions;
  #challenges: readonly Challenge[] = [];
  /** By their scopes. */
  readonly #tokens = new Map<string, Promise<Token>>();
  /** For whoever logged in: what to keep instead of the password. */
  identityToken = '';

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Finds out whether the registry is there, and how it wants to be asked. */
  async ping(): Promise<void> {
    const answer = await this.#answer({ method: 'GET', host: this.#options.host, path: '/v2/', headers: {} });
    if (answer.status === 401) this.#challenges = parseChallenges(answer.headers['www-authenticate']);
    await discard(answer);
  }

  /** @throws AuthorizationError when no credentials or no token can be had */
  async request(request: SessionRequest): Promise<RegistryResponse> {
    const remembered = await this.#authorization(request, undefined);
    const answer = await this.#send(request, remembered?.header);
    // A token that was fetched for this very request would be refused again.
    if (answer.status !== 401 || remembered?.fresh) return answer;
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    if (!challenges.some(({ scheme }) => scheme === 'bearer' || scheme === 'basic')) return answer;
    if (remembered?.header.startsWith('Basic ')) return answer;
    this.#challenges = challenges;
    this.#tokens.delete(scopeKey(this.#scopesOf(request)));
    const authorization = await this.#authorization(request, answer).catch(async (error: unknown) => {
      await discard(answer);
      throw error;
    });
    if (!authorization) return answer;
    await discard(answer);
    return this.#send(request, authorization.header);
  }

  /** What to send, as far as it is known how the registry wants to be asked. */
  async #authorization(
    request: SessionRequest,
    refused: RegistryResponse | undefined,
  ): Promise<{ header: string; fresh: boolean } | undefined> {
    const { credentials = {} } = this.#options;
    const url = refused?.url ?? this.#urlOf(request);
    const bearer = this.#challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer) {
      if (credentials.registryToken) return { header: `Bearer ${credentials.registryToken}`, fresh: true };
      return this.#bearer(bearer, request, url);
    }
    if (!this.#challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
    if (!hasBasicLogin(credentials)) throw new AuthorizationError(new EngineError('unknown', 'no basic auth credentials'), url);
    return { header: basicAuthorization(credentials), fresh: false };
  }

  async #bearer(challenge: Challenge, request: SessionRequest, url: string): Promise<{ header: string; fresh: boolean }> {
    const { registry, clock, credentials = {}, wantsIdentityToken = false, cancellation } = this.#options;
    const scopes = this.#scopesOf(request);
    const key = scopeKey(scopes);
    const known = await this.#tokens.get(key)?.catch(() => undefined);
    if (known && clock.now() < known.expiresMs) return { header: `Bearer ${known.token}`, fresh: false };
    const fetched = fetchToken({ registry, clock, challenge, scopes, credentials, wantsIdentityToken, cancellation });
    this.#tokens.set(key, fetched);
    try {
      const { token, identityToken } = await fetched;
      if (identityToken) this.identityToken = identityToken;
      return { header: `Bearer ${token}`, fresh: true };
    } catch (error) {
      if (error instanceof EngineError && error.kind !== 'cancelled' && error.kind !== 'unavailable')
        throw new AuthorizationError(error, url);
      throw error;
    }
  }

  #scopesOf(request: SessionRequest): string[] {
    return [...new Set([...this.#options.scopes, ...(request.scopes ?? [])])];
  }

  #urlOf({ to }: SessionRequest): string {
    return /^https?:/.test(to) ? to : `https://${this.#options.host}${to}`;
  }

  async #send(request: SessionRequest, authorization: string | undefined): Promise<RegistryResponse> {
    const { host } = this.#options;
    const { method } = request;
    let { body } = request;
    let target = targetOf(request.to, host);
    for (let redirects = 0; ; redirects++) {
      const headers = { ...request.headers, ...(authorization !== undefined && target.host === host && { authorization }) };
      const answer = await this.#answer({ method, ...target, headers, ...(body && { body }) });
      const { location } = answer.headers;
      const keepsMethod = answer.status === 307 || answer.status === 308;
      const isRead = method === 'GET' || method === 'HEAD';
      const moved = keepsMethod || (isRead && [301, 302, 303].includes(answer.status));
      if (!moved || location === undefined) return answer;
      await discard(answer);
      if (redirects >= maxRedirects) {
        throw new RegistryError(
          'unknown',
          '',
          `${titleCase(request.method)} ${JSON.stringify(answer.url)}: stopped after ${maxRedirects} redirects`,
          true,
        );
      }
      target = targetOf(resolveLocation(location, answer.url), host);
      if (!keepsMethod) body = undefined;
    }
  }

  /** One request. What only reads is given up when no answer begins for long. */
  async #answer(request: RegistryRequest): Promise<RegistryResponse> {
    const { registry, clock, cancellation } = this.#options;
    const waiting = new Cancellation();
    const stopListening = cancellation?.onCancel(() => waiting.cancel());
    let stopTimer: (() => void) | undefined;
    const late = new Promise<never>((_, reject) => {
      if (request.body) return;
      stopTimer = clock.after(answerLimitMs, () => {
        reject(tooLate(request));
        waiting.cancel();
      });
    });
    try {
      return await Promise.race([registry.request({ ...request, cancellation: waiting }), late]);
    } finally {
      stopTimer?.();
      stopListening?.();
    }
  }
}

function tooLate({ scheme = 'https', host }: RegistryRequest): EngineError {
  return new EngineError(
    'unavailable',
    `Get "${scheme}://${host}/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
  );
}

/** Where an address that a registry sent leads to. @throws RegistryError when it is none, or not to be followed */
export function resolveLocation(location: string, base: string): string {
  let url: URL | undefined;
  try {
    url = new URL(location, base);
  } catch {
    // Said below.
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new RegistryError('unknown', '', `the registry named an address that is none: ${JSON.stringify(location.slice(0, 200))}`, true);
  return url.href;
}

function targetOf(to: string, host: string): Pick<RegistryRequest, 'host' | 'path' | 'scheme'> {
  if (to.startsWith('/')) return { host, path: to };
  const url = new URL(to);
  // The transport has found out how to speak to the registry itself.
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  return { host: url.host, path: url.pathname + url.search, scheme };
}

/** `Get` for `GET`, as Go names a request's method in errors. */
export function titleCase(method: string): string {
  return method[0]! + method.slice(1).toLowerCase();
}

function scopeKey(scopes: readonly string[]): string {
  return scopes.join(' ');
}
