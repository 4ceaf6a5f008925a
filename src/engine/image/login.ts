/**
 * `docker login`: tries credentials on a registry. Docker Hub's own address is refused here, since it cannot be reached and
 * nothing of the shipped registry needs a login.
 * Source: moby registry/service.go and registry/auth.go.
 */
import { EngineError, messageOf } from '../errors.ts';
import type { Images } from './images.ts';
import type { RegistryCredentials } from './registry-credentials.ts';
import { discard, RegistryError, statusText } from './registry-error.ts';
import { AuthorizationError, RegistrySession } from './registry-session.ts';

export interface LoginRequest extends RegistryCredentials {
  /** Host, or address of old: `localhost:5000`, `https://index.docker.io/v1/`; empty for Docker Hub. */
  serverAddress?: string;
}

/** What Docker Hub goes by. */
const hubHosts = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** @returns what to keep instead of the password; empty when the registry gave nothing of the kind */
export async function loginToRegistry(images: Images, { serverAddress = '', ...credentials }: LoginRequest): Promise<string> {
  const host = hostOf(serverAddress);
  if (hubHosts.includes(host)) {
    throw new EngineError(
      'unavailable',
      'Get "https://registry-1.docker.io/v2/": Docker Hub cannot be reached from here; the images shipped with Drydock need no login',
    );
  }
  const { registry, clock } = images.ports;
  const session = new RegistrySession({ registry, clock, host, credentials, scopes: [], wantsIdentityToken: true });
  try {
    const answer = await session.request({ method: 'GET', to: '/v2/' });
    await discard(answer);
    if (answer.status !== 200)
      throw new RegistryError('unknown', '', `login attempt to ${answer.url} failed with status: ${statusText(answer.status)}`, true);
    return session.identityToken;
  } catch (error) {
    if (error instanceof AuthorizationError) {
      const words = error.during('Get');
      throw error.code === 'UNAUTHORIZED' ? new EngineError('unauthorized', messageOf(words), { cause: error }) : words;
    }
    throw error;
  }
}

/** @throws EngineError `invalid-parameter` when it is no address */
function hostOf(address: string): string {
  if (address === '') return 'index.docker.io';
  const host = /^(?:https?:\/\/)?([^/?#]+)/.exec(address)?.[1] ?? '';
  if (!/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host))
    throw new EngineError(
      'invalid-parameter',
      `unable to parse server address: parse ${JSON.stringify(address)}: invalid character in host name`,
    );
  return host;
}
