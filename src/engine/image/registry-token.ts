/**
 * Fetches a token from the service that a registry's challenge names: with name and password, with an identity token, or
 * as nobody.
 * Source: distribution-spec, "Token Authentication Specification" and "OAuth 2"; registry/client/auth/session.go.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import { parseRfc3339 } from '../time.ts';
import type { Challenge } from './registry-challenge.ts';
import { basicAuthorization, hasBasicLogin, type RegistryCredentials } from './registry-credentials.ts';
import { isObject, parseJson, readAnswer, refusalOf } from './registry-error.ts';
import type { RegistryResponse, RegistryTransport } from './registry-port.ts';

/** Clients of old assumed a minute, so every token lasts as long. */
const minimumLifetimeSeconds = 60;
const maxLifetimeSeconds = 24 * 3600;
const clientId = 'docker';

export interface Token {
  token: string;
  expiresMs: number;
  /** Stands for the user from now on; empty when the service gave none. */
  identityToken: string;
}

export interface TokenRequest {
  registry: RegistryTransport;
  clock: Clock;
  challenge: Challenge;
  scopes: readonly string[];
  credentials: RegistryCredentials;
  wantsIdentityToken: boolean;
  cancellation?: Cancellation;
}

/** @throws EngineError with Docker's words; a RegistryError when the service refused */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const { challenge, clock, credentials } = request;
  const realm = challenge.parameters['realm'];
  if (realm === undefined) throw new EngineError('unknown', 'no realm specified for token auth challenge');
  const url = parseRealm(realm);
  const answer = await (credentials.identityToken ? askWithIdentity(request, url) : askWithLogin(request, url));
  if (answer.status < 200 || answer.status > 399) throw await refusalOf(answer);
  const parsed = parseJson(await readAnswer(answer));
  if (!isObject(parsed)) throw new EngineError('unknown', 'unable to decode token response: invalid JSON');
  const token = [parsed['access_token'], parsed['token']].find((value) => typeof value === 'string' && value !== '');
  if (typeof token !== 'string' || !/^[\x20-\x7e]+$/.test(token))
    throw new EngineError('unknown', 'authorization server did not include a token in the response');
  const { expires_in: lifetime, issued_at: issued, refresh_token: refresh } = parsed;
  const seconds = typeof lifetime === 'number' && lifetime > 0 ? Math.min(lifetime, maxLifetimeSeconds) : 0;
  const issuedMs = typeof issued === 'string' ? parseRfc3339(issued) : undefined;
  return {
    token,
    expiresMs: Math.min(issuedMs ?? Infinity, clock.now()) + Math.max(seconds, minimumLifetimeSeconds) * 1000,
    identityToken: typeof refresh === 'string' && refresh !== credentials.identityToken ? refresh : '',
  };
}

function parseRealm(realm: string): URL {
  try {
    const url = new URL(realm);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Said below.
  }
  throw new EngineError('unknown', `invalid token auth challenge realm: ${JSON.stringify(realm.slice(0, 200))}`);
}

function askWithLogin(
  { registry, challenge, scopes, credentials, wantsIdentityToken, cancellation }: TokenRequest,
  realm: URL,
): Promise<RegistryResponse> {
  const query = realm.searchParams;
  if (challenge.parameters['service']) query.append('service', challenge.parameters['service']);
  for (const scope of scopes) query.append('scope', scope);
  if (wantsIdentityToken) {
    query.append('offline_token', 'true');
    query.append('client_id', clientId);
  }
  const headers: Record<string, string> = {};
  if (hasBasicLogin(credentials)) {
    query.append('account', credentials.username ?? '');
    headers['authorization'] = basicAuthorization(credentials);
  }
  return registry.request({ method: 'GET', ...addressOf(realm), headers, ...(cancellation && { cancellation }) });
}

function askWithIdentity({ registry, challenge, scopes, credentials, cancellation }: TokenRequest, realm: URL): Promise<RegistryResponse> {
  const form = Object.entries({
    client_id: clientId,
    grant_type: 'refresh_token',
    refresh_token: credentials.identityToken ?? '',
    scope: scopes.join(' '),
    service: challenge.parameters['service'] ?? '',
  });
  const body = form.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return registry.request({
    method: 'POST',
    ...addressOf(realm),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(body),
    ...(cancellation && { cancellation }),
  });
}

function addressOf(url: URL): { host: string; path: string; scheme: 'http' | 'https' } {
  return { host: url.host, path: url.pathname + url.search, scheme: url.protocol === 'http:' ? 'http' : 'https' };
}
