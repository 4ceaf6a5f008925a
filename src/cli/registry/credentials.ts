/**
 * Credentials of registries in the client's `config.json`: found for a registry, kept after a login, removed at a logout.
 * The file is the only store; helper programs that it may name are not there. What else is in the file stays.
 * Source: docker/cli cli/config/credentials/file_store.go and cli/config/configfile/file.go.
 */
import { goJson } from '#engine/api/answer.ts';
import { base64, fromBase64 } from '#engine/base64.ts';
import { defaultDomain, type Reference } from '#engine/oci/reference.ts';
import type { ClientConfig, StoredAuth } from '../client-config.ts';
import type { CommandContext } from '../command.ts';
import { changeConfig, configPath } from '../config-file.ts';

/** What Docker Hub's credentials are filed under. */
export const HUB_ADDRESS = 'https://index.docker.io/v1/';

/** In the order and spelling in which the daemon is sent it; empty fields are left out. */
export interface AuthConfig {
  username?: string;
  password?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** The header that goes with a request about an image: `{}` when there are no credentials for its registry. */
export async function registryAuth(context: CommandContext, image: Pick<Reference, 'domain'>): Promise<Record<string, string>> {
  const stored = credentialsFor(await context.config(), addressOf(image.domain));
  return { 'X-Registry-Auth': encodeAuth(stored) };
}

/** The same for the registry that a search is about. */
export function searchAuth(context: CommandContext, term: string): Promise<Record<string, string>> {
  const [first = ''] = term.split('/');
  const isHost = term.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return registryAuth(context, { domain: isHost ? first : defaultDomain });
}

/** The header that goes with a build: what is known of all registries. */
export async function allRegistryAuths(context: CommandContext): Promise<Record<string, string>> {
  const config = await context.config();
  const all = Object.keys(config.auths ?? {})
    .sort()
    .map((address) => [address, credentialsFor(config, address)]);
  return { 'X-Registry-Config': encodeAuth(Object.fromEntries(all) as Record<string, AuthConfig>) };
}

function encodeAuth(auth: AuthConfig | Record<string, AuthConfig>): string {
  return base64(new TextEncoder().encode(goJson(filled(auth))))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** What is known for a registry; empty when nothing is. Files of old name a host with its scheme and path. */
export function credentialsFor(config: ClientConfig, address: string): AuthConfig {
  const auths = Object.entries(config.auths ?? {});
  const [key, found] = auths.find(([name]) => name === address) ?? auths.find(([name]) => hostOf(name) === address) ?? [];
  if (key === undefined || !found) return {};
  const [username, password] = decodeLogin(found.auth ?? '');
  return filled({
    username: username || found.username || '',
    password: password || found.password || '',
    serveraddress: key,
    identitytoken: found.identitytoken ?? '',
    registrytoken: found.registrytoken ?? '',
  });
}

/** Keeps credentials, and warns that everybody who reads the file can read them. */
export async function storeCredentials(context: CommandContext, auth: AuthConfig): Promise<void> {
  const { serveraddress = '', username = '', password = '', identitytoken, registrytoken } = auth;
  const before = credentialsFor(await context.config(), serveraddress);
  if (goJson(before) === goJson(filled({ username, password, serveraddress, identitytoken, registrytoken }))) return;
  const login = username === '' && password === '' ? '' : base64(new TextEncoder().encode(`${username}:${password}`));
  await changeAuths(context, (auths) => {
    auths[serveraddress] = filled({ auth: login, identitytoken, registrytoken });
  });
  if (password === '') return;
  await context.err(
    `\nWARNING! Your credentials are stored unencrypted in '${configPath(context)}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
  );
}

/** Forgets credentials; the file is not touched when it has none. */
export async function eraseCredentials(context: CommandContext, address: string): Promise<void> {
  if (!Object.hasOwn((await context.config()).auths ?? {}, address)) return;
  await changeAuths(context, (auths) => {
    delete auths[address];
  });
}

/** `localhost:5000` for `https://localhost:5000/v1/`. */
export function hostOf(address: string): string {
  return address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').split('/', 1)[0]!;
}

/** What a registry's credentials are filed under. */
export function addressOf(domain: string): string {
  return domain === defaultDomain || domain === 'index.docker.io' ? HUB_ADDRESS : domain;
}

/** Changes the credentials in the file, and nothing else. */
async function changeAuths(context: CommandContext, change: (auths: Record<string, StoredAuth>) => void): Promise<void> {
  await changeConfig(context, (document) => {
    const auths = { ...(document['auths'] as Record<string, StoredAuth> | null) };
    change(auths);
    document['auths'] = auths;
  });
}

/** Name and password of `base64(name:password)`; empty when it is none. */
function decodeLogin(text: string): [username: string, password: string] {
  let decoded: string;
  try {
    decoded = new TextDecoder().decode(fromBase64(text));
  } catch {
    return ['', ''];
  }
  const at = decoded.indexOf(':');
  return at <= 0 ? ['', ''] : [decoded.slice(0, at), decoded.slice(at + 1).replace(/^\0+|\0+$/g, '')];
}

/** Without what is empty, as Go leaves it out. */
function filled<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as T;
}
