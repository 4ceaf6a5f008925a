/**
 * Credentials as clients send them along: JSON in base64 in the header `X-Registry-Auth`. What cannot be read counts as
 * none, as in Docker, so that an anonymous pull is not refused for it.
 * Source: moby api/types/registry/authconfig.go.
 */
import { fromBase64 } from '../../base64.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { RegistryCredentials } from '../../image/registry-credentials.ts';
import { defaultDomain, type Reference } from '../../oci/reference.ts';
import { readBody } from '../body.ts';
import { firstJsonValue } from '../go-json.ts';
import type { ApiRequest } from '../http.ts';
import { decode, type Shape } from '../shape.ts';

export interface AuthConfig {
  username?: string | null;
  password?: string | null;
  auth?: string | null;
  serveraddress?: string | null;
  identitytoken?: string | null;
  registrytoken?: string | null;
}

const maxHeaderLength = 64 << 10;
const maxBodyBytes = 64 << 10;
const maxConfigLength = 1 << 20;
/** What Docker Hub's credentials are filed under. */
const hubAddress = 'https://index.docker.io/v1/';
const shape: Shape = {
  struct: {
    username: 'string',
    password: 'string',
    auth: 'string',
    serveraddress: 'string',
    identitytoken: 'string',
    registrytoken: 'string',
  },
};

export function credentialsOf(request: ApiRequest): RegistryCredentials {
  const header = request.headers['x-registry-auth'] ?? '';
  if (header === '' || header.length > maxHeaderLength) return {};
  try {
    return toCredentials(readAuthConfig(new TextDecoder().decode(fromBase64(standardAlphabet(header)))));
  } catch {
    return {};
  }
}

/**
 * Credentials of many registries at once, as builds bring them in `X-Registry-Config`: JSON in base64, by the registry's
 * host. Hosts of old stand there as addresses.
 */
export function credentialsByRegistry(header: string): (image: Pick<Reference, 'domain'>) => RegistryCredentials | undefined {
  const configs = new Map<string, AuthConfig | null>();
  try {
    const text = header.length > maxConfigLength ? '{}' : new TextDecoder().decode(fromBase64(standardAlphabet(header)));
    const decoded = decode<Record<string, AuthConfig | null> | null>(firstJsonValue(text), { map: shape }, 'AuthConfig') ?? {};
    for (const [key, config] of Object.entries(decoded)) configs.set(key, config);
  } catch {
    // None, as with a single one.
  }
  return ({ domain }) => {
    const key = domain === defaultDomain ? hubAddress : domain;
    const hostOf = (address: string): string => address.replace(/^https?:\/\//, '').split('/', 1)[0]!;
    const found = configs.get(key) ?? (key === domain ? [...configs].find(([address]) => hostOf(address) === domain)?.[1] : undefined);
    return found ? toCredentials(found) : undefined;
  };
}

/** Also takes the body, where old clients sent credentials. @throws EngineError `invalid-parameter` when there is neither */
export async function credentialsOfPush(request: ApiRequest): Promise<RegistryCredentials> {
  if (request.headers['x-registry-auth']) return credentialsOf(request);
  try {
    return toCredentials(readAuthConfig(new TextDecoder().decode(await readBody(request, maxBodyBytes))));
  } catch (error) {
    throw new EngineError(
      'invalid-parameter',
      `bad parameters and missing X-Registry-Auth: invalid X-Registry-Auth header: ${messageOf(error)}`,
    );
  }
}

/** @throws Error with Go's words */
export function readAuthConfig(text: string): AuthConfig {
  if (text.trim() === '') throw new Error('EOF');
  return decode<AuthConfig | null>(firstJsonValue(text), shape, 'AuthConfig') ?? {};
}

export function toCredentials({ username, password, identitytoken, registrytoken }: AuthConfig): RegistryCredentials {
  return {
    username: username ?? '',
    password: password ?? '',
    identityToken: identitytoken ?? '',
    registryToken: registrytoken ?? '',
  };
}

/** base64url, padded or not, as ordinary base64. */
function standardAlphabet(text: string): string {
  const plain = text.trim().replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
}
